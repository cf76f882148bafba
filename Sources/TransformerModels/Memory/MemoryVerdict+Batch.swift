extension MemoryVerdict {
  /// A batch that fits, and what the worst stage needs with it.
  public struct BatchFit: Hashable, Sendable {
    /// Sequences of a step, over all replicas.
    public let batch: Int
    /// How many micro-batches make one replica's part of it.
    public let microBatches: Int
    /// What the worst stage needs then.
    public let worst: MemoryEstimate
  }

  /// The largest batch that fits, of fewer than `end` sequences a micro-batch.
  ///
  /// With the plan's number of micro-batches where that can be, else with fewer of them that hold one sequence each. What
  /// a plan needs never falls as its batch grows so, and the largest is found by halving. O(log batch) estimates.
  static func largestBatch(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions, below end: Int,
    where fits: (MemoryEstimate) -> Bool
  ) -> BatchFit? {
    guard plan.microBatches <= largestTried else { return nil }
    func fit(_ microBatches: Int, of sequences: Int) -> BatchFit? {
      guard
        let smaller = try? plan.with(microBatches: microBatches, batch: microBatches * sequences * plan.dp),
        let worst = try? MemoryEstimate.worst(model: model, plan: smaller, options: options), fits(worst)
      else { return nil }
      return BatchFit(batch: smaller.batch, microBatches: microBatches, worst: worst)
    }
    if let found = largest(below: end, { fit(plan.microBatches, of: $0) }) { return found }
    // An interleaved schedule takes micro-batches in rounds of pp.
    let round = options.chunks > 1 ? plan.pp : 1
    return largest(below: (plan.microBatches - 1) / round + 1) { fit($0 * round, of: 1) }
  }

  /// What `made` gives for the largest number from 1 to below `end` for which it gives anything.
  static func largest<Found>(below end: Int, _ made: (Int) -> Found?) -> Found? {
    var (best, low, high) = (Found?.none, 1, end)
    while low < high {
      let middle = low + (high - low) / 2
      if let found = made(middle) {
        (best, low) = (found, middle + 1)
      } else {
        high = middle
      }
    }
    return best
  }
}
