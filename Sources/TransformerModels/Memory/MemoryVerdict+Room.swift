internal import GEMMTiming

extension MemoryVerdict {
  /// How much of sequences fits beside weights, activations and the runtime's reserve.
  public struct Room: Hashable, Sendable {
    /// The most of something that fits.
    public struct Most: Hashable, Sendable {
      /// How much.
      public let count: Int
      /// Whether it is the search that ended there: memory would hold more.
      public let isOpen: Bool
    }

    /// Sequences of the plan's length, over all replicas; nil where none fits.
    public let batch: Most?
    /// Positions of a sequence in the plan's batch, when decoding the new one with them; nil where none fits.
    public let context: Most?
    /// Tokens of all sequences that the caches hold beside the plan's activations; nil where nothing is cached.
    ///
    /// They are tokens of sequences as long as the plan's: of each, windows hold the last ones, and a state costs the
    /// same however long it is.
    public let tokens: Int?
  }

  /// The largest batch and the longest context that are tried.
  private static let (mostSequences, mostPositions) = (1 << 24, 1 << 26)

  /// What fits of a plan's sequences.
  ///
  /// `needs` tells all bytes that an estimate comes to, the reserve with them. They never fall as batch or context
  /// grow, so both are found by halving. O(log(batch · context)) estimates.
  static func room(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions, capacity: Double,
    needs: (MemoryEstimate) -> Double
  ) throws(ModelError) -> Room? {
    guard options.work == .decode || options.work == .prefill, plan.microBatches <= largestTried else { return nil }
    // Products of batch and sequence end at the largest extent.
    let sequences = min(mostSequences, GEMMShape.maximumExtent / plan.sequence) / (plan.dp * plan.microBatches)
    let batch = largestBatch(model: model, plan: plan, options: options, below: sequences + 1) {
      needs($0) <= capacity
    }
    // Context parallelism cuts a sequence into equal parts, and sequence parallelism each of them.
    let step = plan.cp * (options.sequenceParallel ? plan.tp : 1)
    let steps = min(mostPositions, GEMMShape.maximumExtent / plan.batch) / step
    let context: Int? = largest(below: steps + 1) { count in
      guard let longer = try? plan.with(sequence: count * step),
        let worst = try? MemoryEstimate.worst(model: model, plan: longer, options: options), needs(worst) <= capacity
      else { return nil }
      return count
    }
    let stages = MemoryEstimate.ofStages(try ShardedModel(model: model, plan: plan, options: options))
    return Room(
      batch: batch.map {
        Room.Most(count: $0.batch, isOpen: $0.batch == sequences * plan.dp * plan.microBatches)
      },
      context: context.map { Room.Most(count: $0 * step, isOpen: $0 == steps) },
      tokens: tokens(of: plan, stages: stages, capacity: capacity, needs: needs))
  }

  /// Tokens for whose caches every stage has room.
  private static func tokens(
    of plan: ParallelPlan, stages: [MemoryEstimate], capacity: Double, needs: (MemoryEstimate) -> Double
  ) -> Int? {
    let shares = stages.filter { $0[.cache] > 0 }.map { max(0, capacity - needs($0) + $0[.cache]) / $0[.cache] }
    let rest = stages.allSatisfy { $0[.cache] > 0 || needs($0) <= capacity }
    guard let least = shares.min() else { return nil }
    let tokens = least * Double(plan.batch) * Double(plan.sequence)
    return rest ? Int(min(tokens.rounded(.down), Double(GEMMShape.maximumExtent))) : 0
  }
}
