internal import Foundation
internal import GEMMTiming
internal import LinearSolvers

extension DeviceSpecification {
  /// Moves the fits of libraries' exchanges towards rows, each library by its own.
  ///
  /// A row without a `variant` is of the usual library. A device file without fits begins with NCCL's tuning constants,
  /// and so does a library that it does not know.
  mutating func refineCollectives(
    by entries: [MeasuredTable.Entry], lessons: inout [RefinementLesson], solver: any DenseSolver
  ) throws(SolverError) {
    var names: [String] = []
    var starts: [String: CollectiveFit] = [:]
    var rows: [String: [CollectiveRow]] = [:]
    var several = 0
    for entry in entries {
      guard case .communication(let exchange) = entry.operation, exchange.ranks > 1 else { continue }
      guard let row = CollectiveRow(entry, of: self) else {
        several += 1
        continue
      }
      let library = known(entry.variant)
      if rows[library.name] == nil { names.append(library.name) }
      starts[library.name] = library
      rows[library.name, default: []].append(row)
    }
    let before = self
    for name in names {
      guard var fit = starts[name], let own = rows[name] else { continue }
      let modeled = own.filter { fit.protocols[$0.kind] != nil }
      if modeled.count < own.count {
        lessons.append(
          .init(
            kind: "collective", subject: name, rows: own.count - modeled.count,
            outcome: .unused("no protocol of their kind of exchange is known")))
      }
      guard !modeled.isEmpty else { continue }
      let measured = Set(modeled.map(\.kind))
      let refinement = FactorRefinement<CollectiveFit, CollectiveRow>(
        known: fit,
        directions: fit.directions(of: measured), caution: CollectiveFit.caution,
        predicted: { $0.seconds($1, on: before) }, measured: \.seconds)
      let sizes = Set(modeled.map(\.bytes)).sorted()
      let lesson = try refinement.refined(
        by: modeled.map { ($0, sizes.firstIndex(of: $0.bytes) ?? 0) }, spread: fit.spread, solver: solver)
      let (source, rowsOf) = (fit.source, fit.rowsOf)
      fit = lesson.parameters.rounded
      fit.spread = lesson.spread
      (fit.source, fit.rowsOf) = (source, rowsOf)
      fit.note(refinedBy: modeled.count, "of a table")
      if let place = collectiveFits.firstIndex(where: { $0.name == name }) {
        collectiveFits[place] = fit
      } else {
        collectiveFits.append(fit)
      }
      lessons.append(
        .init(
          kind: "collective", subject: name, rows: modeled.count,
          outcome: .refined(before: lesson.before, after: lesson.after)))
    }
    guard several > 0 else { return }
    lessons.append(
      .init(
        kind: "collective", subject: "over several nodes", rows: several,
        outcome: .unused("fits are of exchanges inside a node")))
  }

  /// What is known of the library that a `variant` means.
  private func known(_ variant: String?) -> CollectiveFit {
    guard let variant else { return collectiveFits.first ?? .nccl(on: self) }
    return collectiveFits.first { $0.matches.contains { variant.contains($0) } } ?? collectiveLibrary(variant)
  }
}

extension CollectiveFit {
  /// The share of what many rows may move a parameter that few may.
  static let caution = 0.3

  /// What rows of some kinds of exchange move.
  func directions(of kinds: Set<Communication.Kind>) -> [Direction] {
    Self.shared + Self.directions(of: protocols.filter { kinds.contains($0.key) }, host: hostSeconds > 0)
  }

  /// What a whole library shares: hosts and drivers make all latencies longer, links all rates smaller.
  private static var shared: [Direction] {
    func all(_ deviation: Double, _ change: @escaping (inout CollectiveProtocol, Double) -> Void) -> Direction {
      .init(deviation) { fit, factor in
        for (kind, ways) in fit.protocols {
          fit.protocols[kind] = ways.map { way in
            var way = way
            change(&way, factor)
            return way
          }
        }
      }
    }
    return [
      all(1.2) {
        $0.baseSeconds *= $1
        $0.stepSeconds *= $1
      },
      all(0.5) { $0.bandwidthFraction = min(1, $0.bandwidthFraction * $1) },
    ]
  }
}
