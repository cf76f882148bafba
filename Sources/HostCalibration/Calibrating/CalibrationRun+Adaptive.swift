internal import GEMMTiming
internal import SeededRandom

extension CalibrationRun {
  /// Visits that an item gets before the model is asked again: fewer would have it chase noise.
  private static let visits = 2
  /// The share of the budget that choosing may use; the rest goes to the passes over all that was chosen.
  private static let choosingShare = 0.65

  /// Measures a first share of the plan's hot GEMMs and those that lead, then further ones, more where the model is less
  /// sure.
  ///
  /// The plan's own later shapes and its candidates compete; those that are not chosen leave the plan. Choosing ends at
  /// the plan's number of shapes, at the target error, or when the time for it is spent. What an earlier run chose
  /// counts as chosen.
  mutating func chooseAndMeasure(
    _ adaptive: AdaptiveChoice, _ progress: (CalibrationProgress) -> Void
  ) throws(CalibrationError) {
    let counts = plan.threadCounts
    for (index, threads) in counts.enumerated() {
      let pool = plan.items.filter { $0.routine == .gemm && $0.cache == .hot && $0.threads == threads }
      let share = min(max(adaptive.startingShare, 0.05), 1)
      let first = max(1, Int(Double(pool.count) * share))
      let start = pool.enumerated().filter { $0.offset < first || plan.leading.contains($0.element) }.map(\.element)
      let known = Set(start)
      var chosen = book.items.filter {
        $0.routine == .gemm && $0.cache == .hot && $0.threads == threads && !known.contains($0)
      }
      let leaving = Set(pool).subtracting(known)
      plan.items = plan.items.filter { !leaving.contains($0) } + chosen
      try visit(start + chosen, threads: threads, progress)

      let goal = pool.count
      var candidates = pool.filter(leaving.contains) + plan.candidates.map { WorkItem($0, threads: threads) }
      let deadline = clock.budget * Self.choosingShare * Double(index + 1) / Double(counts.count)
      repeat {
        let taken = Set(chosen)
        candidates.removeAll { taken.contains($0) }
        let selection = adaptive.choose(
          book.table, Array(candidates), max(0, min(goal - start.count - chosen.count, max(8, goal / 8))))
        progress(.chose(count: selection.items.count, expectedError: selection.expectedError))
        if let target = adaptive.targetError, selection.expectedError <= target { break }
        if selection.items.isEmpty { break }
        plan.items += selection.items
        chosen += selection.items
        try visit(selection.items, threads: threads, progress)
      } while start.count + chosen.count < goal && clock.elapsed < deadline
    }
  }

  private mutating func visit(
    _ items: [WorkItem], threads: Int, _ progress: (CalibrationProgress) -> Void
  ) throws(CalibrationError) {
    for pass in 0..<min(Self.visits, plan.passes) {
      var generator = SplitMix64(seed: plan.seed &+ UInt64(pass))
      let due = items.filter { book.passes($0) <= pass }
      try measure(
        due.shuffled(using: &generator), threads: threads, pass: pass, until: clock.budget, progress)
    }
  }
}
