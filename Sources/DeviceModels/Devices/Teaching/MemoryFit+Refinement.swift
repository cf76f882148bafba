internal import GEMMTiming
internal import LinearSolvers

extension DeviceSpecification {
  /// Moves the fits of passes over memory towards rows, each kind by its own; a kind that shares a fit gets one of its own.
  ///
  /// A kind that the device file has no fit of is taught as `gemmcast fit` does it, where 20 rows measured it.
  mutating func refineMemory(
    by entries: [MeasuredTable.Entry], lessons: inout [RefinementLesson], solver: any DenseSolver
  ) throws(SolverError) {
    typealias Row = (traffic: MemoryTraffic, seconds: Double)
    let before = self
    for kind in MemoryTraffic.Kind.allCases {
      let own = entries.filter { entry in
        if case .memory(let traffic) = entry.operation { traffic.kind == kind } else { false }
      }
      guard !own.isEmpty else { continue }
      guard let place = memoryFits.firstIndex(where: { $0.kinds.contains(kind) }) else {
        let taught = try memoryFits(taughtBy: own, source: "a table", solver: solver).map(\.fit)
        memoryFits += taught
        lessons.append(
          .init(
            kind: "memory", subject: kind.rawValue, rows: own.count,
            outcome: taught.isEmpty ? .unused("the device file has no fit of them, and 20 make one") : .taught))
        continue
      }
      let known = memoryFits[place]
      let rows = own.compactMap { entry -> Row? in
        if case .memory(let traffic) = entry.operation { (traffic, entry.seconds) } else { nil }
      }
      let refinement = FactorRefinement<MemoryFit, Row>(
        known: known, directions: known.rows == nil ? MemoryFit.directions : MemoryFit.directionsOfRows,
        caution: MemoryFit.caution,
        predicted: { $0.seconds($1.traffic, on: before) }, measured: { $0.seconds })
      let lesson = try refinement.refined(
        by: rows.enumerated().map { ($1, $0) }, spread: known.spread, solver: solver)
      var fit = lesson.parameters.rounded.serving([kind])
      fit.spread = lesson.spread
      (fit.source, fit.rowsOf) = (known.source, known.rowsOf)
      fit.note(refinedBy: rows.count, "of a table")
      let others = known.kinds.filter { $0 != kind }
      if others.isEmpty { memoryFits.remove(at: place) } else { memoryFits[place] = known.serving(others) }
      memoryFits.insert(fit, at: place)
      lessons.append(
        .init(
          kind: "memory", subject: kind.rawValue, rows: rows.count,
          outcome: .refined(before: lesson.before, after: lesson.after)))
    }
  }
}

extension MemoryFit {
  /// The share of what many rows may move a parameter that few may.
  static let caution = 0.1

  /// The same fit for other kinds of pass.
  fileprivate func serving(_ kinds: [MemoryTraffic.Kind]) -> MemoryFit {
    MemoryFit(
      kinds: kinds, launchSeconds: launchSeconds, cachedFraction: cachedFraction, bandwidthFraction: bandwidthFraction,
      cacheShare: cacheShare, fillSeconds: fillSeconds, fillBytes: fillBytes, rows: rows, spread: spread,
      source: source,
      rowsOf: rowsOf
    )
  }
}
