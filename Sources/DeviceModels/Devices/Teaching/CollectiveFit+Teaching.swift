internal import GEMMTiming
public import LinearSolvers
internal import ModelStatistics

extension DeviceSpecification {
  /// What rows of this device teach about exchanges inside a node, as its device file may carry it.
  ///
  /// A row's library is the fit of the device file that matches its `variant`, NCCL where that names it or is missing,
  /// else what the whole variant says. NCCL begins with its own tuning constants, other libraries with their fit in the
  /// device file. Errors and spread are of messages of one size at a time that the fit has not seen.
  ///
  /// - Parameters:
  ///   - entries: measured times; those of other devices and operations, and over several nodes, are left out.
  ///   - source: what the rows are, for the file's reader.
  ///   - solver: solves the least squares.
  /// - Returns: a fit for each library that at least 20 rows measured of some kind of exchange, in order of appearance.
  /// - Throws: `SolverError`; it does not occur with finite rows.
  public func collectiveFits(
    taughtBy entries: [MeasuredTable.Entry], source: String, solver: any DenseSolver
  ) throws(SolverError) -> [TaughtFit<CollectiveFit>] {
    var libraries: [CollectiveFit] = []
    var rows: [String: [Communication.Kind: [CollectiveRow]]] = [:]
    for entry in entries {
      guard let row = CollectiveRow(entry, of: self) else { continue }
      let library = collectiveLibrary(entry.variant)
      if rows[library.name] == nil { libraries.append(library) }
      rows[library.name, default: [:]][row.kind, default: []].append(row)
    }
    var fits: [TaughtFit<CollectiveFit>] = []
    for library in libraries {
      if let fit = try taught(library, by: rows[library.name] ?? [:], source: source, solver: solver) {
        fits.append(fit)
      }
    }
    return fits
  }

  /// A library's fit to rows by kind; nil where no kind has enough of them.
  private func taught(
    _ library: CollectiveFit, by rows: [Communication.Kind: [CollectiveRow]], source: String, solver: any DenseSolver
  ) throws(SolverError) -> TaughtFit<CollectiveFit>? {
    var fit = library
    fit.protocols = [:]
    var missed: [(row: CollectiveRow, predicted: Double)] = []
    for kind in Communication.Kind.allCases {
      guard let own = rows[kind], own.count >= CollectiveFit.fewestRows, let start = library.protocols[kind] else {
        continue
      }
      var first = library
      first.protocols = [kind: start]
      let search = FactorFit<CollectiveFit, CollectiveRow>(
        first: first, directions: CollectiveFit.directions(of: [kind: start], host: library.hostSeconds > 0),
        predicted: { $0.seconds($1, on: self) }, measured: \.seconds)
      let sizes = Set(own.map(\.bytes)).sorted()
      let parts = own.map { row in sizes.firstIndex(of: row.bytes) ?? 0 }
      let pairs = try search.leftOut(own, parts: parts, solver: solver)
      missed += zip(own, pairs).map { ($0, $1.predicted) }
      let learned = try search.fitted(to: own, solver: solver).rounded
      fit.protocols[kind] = learned.protocols[kind]
      (fit.hostSeconds, fit.copies) = (learned.hostSeconds, learned.copies)
    }
    guard !missed.isEmpty else { return nil }
    fit.spread = FactorFit<CollectiveFit, CollectiveRow>.spread(missed.map { $0.row.seconds / $0.predicted })
    fit.source = "fitted to \(missed.count) rows: \(source)"
    return TaughtFit(fit: fit, heldOut: Self.heldOut(library.name, missed, spread: fit.spread))
  }

  /// How rows compare with predictions that have not seen their size: each kind, all, and all large ones.
  private static func heldOut(
    _ name: String, _ missed: [(row: CollectiveRow, predicted: Double)], spread: GEMMSpread.Range
  ) -> [(name: String, statistics: ErrorStatistics)] {
    func statistics(_ title: String, _ isMeant: (CollectiveRow) -> Bool) -> (String, ErrorStatistics)? {
      ErrorStatistics(
        missed.filter { isMeant($0.row) }.map {
          ($0.row.seconds, $0.predicted, $0.predicted * spread.low, $0.predicted * spread.high)
        }
      ).map { ("\(name), \(title)", $0) }
    }
    let kinds = Communication.Kind.allCases.map { kind in statistics(kind.rawValue) { $0.kind == kind } }
    return (kinds + [statistics("all") { _ in true }, statistics("16 MiB or more") { $0.bytes >= 16 * 1_048_576 }])
      .compactMap(\.self)
  }

  /// Where a library's fit begins that a `variant` means.
  func collectiveLibrary(_ variant: String?) -> CollectiveFit {
    let start = CollectiveFit.nccl(on: self)
    guard let variant else { return start }
    let known = collectiveFits.first { $0.matches.contains { variant.contains($0) } }
    if let known, known.name != start.name { return known }
    if variant.contains(start.name) { return start }
    return CollectiveFit(
      name: variant, matches: [variant], protocols: start.protocols, hostSeconds: 0, copies: 0, spread: start.spread,
      source: start.source)
  }
}

/// A measured exchange inside a node.
struct CollectiveRow {
  let kind: Communication.Kind
  let bytes: Double
  let ranks: Double
  let seconds: Double

  /// Nil for what is no exchange inside a node of a device.
  init?(_ entry: MeasuredTable.Entry, of device: DeviceSpecification) {
    guard entry.device == device.name, case .communication(let exchange) = entry.operation, exchange.nodes <= 1,
      exchange.ranks > 1
    else { return nil }
    (kind, bytes, ranks) = (exchange.kind, exchange.bytes, Double(exchange.ranks))
    seconds = entry.seconds
  }
}

extension CollectiveFit {
  fileprivate static var fewestRows: Int { FactorFit<CollectiveFit, CollectiveRow>.fewestRows }

  /// Seconds of a row; infinite for a kind that the fit does not have.
  func seconds(_ row: CollectiveRow, on device: DeviceSpecification) -> Double {
    seconds(row.kind, bytes: row.bytes, ranks: row.ranks, on: device) ?? .infinity
  }

  typealias Direction = FactorFit<CollectiveFit, CollectiveRow>.Direction

  /// What of some protocols moves: the seconds and the fraction of each, and what those of a kind share.
  static func directions(of protocols: [Communication.Kind: [CollectiveProtocol]], host: Bool) -> [Direction] {
    var directions: [Direction] = []
    for kind in Communication.Kind.allCases {
      guard let ways = protocols[kind] else { continue }
      func move(
        _ deviation: Double, _ index: Int, _ change: @escaping (inout CollectiveProtocol, Double) -> Void
      ) -> Direction {
        .init(deviation) { fit, factor in fit.protocols[kind]?.change(at: index) { change(&$0, factor) } }
      }
      for (index, way) in ways.enumerated() {
        directions.append(move(0.6, index) { $0.baseSeconds *= $1 })
        if way.stepSeconds > 0 { directions.append(move(0.7, index) { $0.stepSeconds *= $1 }) }
        // A rate near the link's is known better than that of a protocol that waits.
        let deviation = way.bandwidthFraction > 0.5 ? 0.25 : 0.8
        directions.append(move(deviation, index) { $0.bandwidthFraction = min(1, $0.bandwidthFraction * $1) })
      }
      func moveAll(_ deviation: Double, _ change: @escaping (inout CollectiveProtocol, Double) -> Void) -> Direction {
        .init(deviation) { fit, factor in
          for index in ways.indices { fit.protocols[kind]?.change(at: index) { change(&$0, factor) } }
        }
      }
      if ways.contains(where: { $0.halfRanks > 0 }) { directions.append(moveAll(0.7) { $0.halfRanks *= $1 }) }
      if ways.contains(where: { $0.pipelining > 1 }) {
        directions.append(moveAll(0.7) { $0.pipelining = 1 + ($0.pipelining - 1) * $1 })
      }
    }
    guard host else { return directions }
    return directions + [.init { $0.hostSeconds *= $1 }, .init { $0.copies *= $1 }]
  }

  /// The fit with numbers as device files have them.
  var rounded: CollectiveFit {
    var fit = self
    for (kind, ways) in protocols {
      fit.protocols[kind] = ways.map { way in
        var way = way
        for path in [
          \CollectiveProtocol.baseSeconds, \.stepSeconds, \.bandwidthFraction, \.halfRanks, \.pipelining,
        ] { way[keyPath: path] = FixedDigits.rounded(way[keyPath: path]) }
        return way
      }
    }
    (fit.hostSeconds, fit.copies) = (FixedDigits.rounded(hostSeconds), FixedDigits.rounded(copies))
    return fit
  }
}

extension [CollectiveProtocol] {
  fileprivate mutating func change(at index: Int, _ change: (inout CollectiveProtocol) -> Void) { change(&self[index]) }
}
