internal import GEMMTiming
internal import LinearSolvers

extension DeviceSpecification {
  /// Moves the fits of libraries' attention towards rows, several queries and one behind a cache apart.
  ///
  /// A row without a `variant` is of the usual library. A library that the device file does not know is taught as
  /// `gemmcast fit` does it, where 20 rows of several queries measured it.
  mutating func refineAttention(
    by entries: [MeasuredTable.Entry], lessons: inout [RefinementLesson], solver: any DenseSolver
  ) throws(SolverError) {
    let before = self
    let own = entries.filter { AttentionRow($0, of: before) != nil }
    let known = attentionFits
    func place(_ entry: MeasuredTable.Entry) -> Int? {
      guard let variant = entry.variant else { return known.isEmpty ? nil : 0 }
      return known.firstIndex { $0.isMeant(by: variant) }
    }
    for index in known.indices {
      let rows = own.filter { place($0) == index }.compactMap { AttentionRow($0, of: before) }
      let name = known[index].name
      let several = rows.filter { !$0.shape.isOneBehindCache }
      let single = rows.filter(\.shape.isOneBehindCache)
      if !several.isEmpty {
        let lesson = try FactorRefinement<AttentionFit, AttentionRow>(
          known: known[index], directions: AttentionFit.directions, caution: AttentionFit.caution,
          predicted: { $1.seconds($0, on: before) }, measured: \.seconds
        ).refined(by: several.enumerated().map { ($1, $0) }, spread: known[index].spread, solver: solver)
        attentionFits[index] = lesson.parameters.rounded
        attentionFits[index].spread = lesson.spread
        attentionFits[index].note(refinedBy: several.count, "of several queries of a table")
        lessons.append(
          .init(
            kind: "attention", subject: "\(name), several queries", rows: several.count,
            outcome: .refined(before: lesson.before, after: lesson.after)))
      }
      guard !single.isEmpty else { continue }
      guard let decoding = known[index].decoding else {
        lessons.append(
          .init(
            kind: "attention", subject: "\(name), one query", rows: single.count,
            outcome: .unused("the device file has no part for one query behind a cache")))
        continue
      }
      let lesson = try FactorRefinement<AttentionFit.Decoding, AttentionRow>(
        known: decoding, directions: AttentionFit.Decoding.directions, caution: AttentionFit.caution,
        predicted: { $1.seconds($0, on: before) }, measured: \.seconds
      ).refined(by: single.enumerated().map { ($1, $0) }, spread: decoding.spread, solver: solver)
      attentionFits[index].decoding = lesson.parameters.rounded
      attentionFits[index].decoding?.spread = lesson.spread
      attentionFits[index].note(refinedBy: single.count, "of one query of a table")
      lessons.append(
        .init(
          kind: "attention", subject: "\(name), one query", rows: single.count,
          outcome: .refined(before: lesson.before, after: lesson.after)))
    }
    try teachAttention(by: own.filter { place($0) == nil }, lessons: &lessons, solver: solver)
  }

  /// Adds libraries that the device file does not know.
  private mutating func teachAttention(
    by entries: [MeasuredTable.Entry], lessons: inout [RefinementLesson], solver: any DenseSolver
  ) throws(SolverError) {
    guard !entries.isEmpty else { return }
    let taught = try attentionFits(taughtBy: entries, source: "a table", solver: solver).map(\.fit)
    attentionFits += taught
    let names = Set(entries.map { attentionLibrary($0.variant).name }).sorted()
    for name in names {
      lessons.append(
        .init(
          kind: "attention", subject: name, rows: entries.count { attentionLibrary($0.variant).name == name },
          outcome: taught.contains { $0.name == name }
            ? .taught : .unused("the device file has no fit of them, and 20 of several queries make one")))
    }
  }
}

extension AttentionFit {
  /// The share of what many rows may move a parameter that few may.
  static let caution = 0.1
}
