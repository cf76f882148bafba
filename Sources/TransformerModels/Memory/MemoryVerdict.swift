/// Whether a plan fits a device's memory, and what would.
public struct MemoryVerdict: Sendable {
  /// A number of micro-batches that fits, and what the worst stage needs then.
  public struct Fit: Hashable, Sendable {
    /// The number of micro-batches.
    public let microBatches: Int
    /// What the worst stage needs then.
    public let worst: MemoryEstimate
  }

  /// The stage that needs the most.
  public let worst: MemoryEstimate
  /// Bytes of one GPU's memory.
  public let capacity: Double
  /// What the worst stage would need without tensor parallelism, where that is a legal plan.
  public let withoutTensorParallelism: MemoryEstimate?
  /// The smallest number of micro-batches that fits; nil when none does.
  public let smallestFit: Fit?
  /// The largest batch below the plan's that fits; nil where the plan fits as it is, and where no batch does.
  public let largestBatch: BatchFit?
  /// Changes that make the plan fit, each tried: all single ones that do, else all pairs that do; empty when it fits.
  public let remedies: [MemoryRemedy]

  /// Whether the plan fits as it is.
  public var fits: Bool { worst.total <= capacity }

  /// Judges a plan on GPUs of `capacity` bytes.
  ///
  /// The smallest fit is found by trying every number of micro-batches that divides the batch.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model.
  public init(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions(), capacity: Double
  ) throws(ModelError) {
    self.capacity = capacity
    worst = try MemoryEstimate.worst(model: model, plan: plan, options: options)
    var unsharded = options
    unsharded.sequenceParallel = false
    withoutTensorParallelism = try? MemoryEstimate.worst(
      model: model, plan: plan.with(tp: 1, etp: 1), options: unsharded)
    smallestFit = Self.smallestFit(model: model, plan: plan, options: options, capacity: capacity)
    largestBatch =
      worst.total <= capacity
      ? nil : Self.largestBatch(model: model, plan: plan, options: options, capacity: capacity)
    remedies =
      worst.total <= capacity
      ? [] : MemoryRemedy.search(model: model, plan: plan, options: options, capacity: capacity)
  }

  static func smallestFit(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions, capacity: Double
  ) -> Fit? {
    for count in divisors(of: plan.batch / plan.dp) where count <= largestTried {
      guard let candidate = try? plan.with(microBatches: count),
        let estimate = try? MemoryEstimate.worst(model: model, plan: candidate, options: options)
      else { continue }
      if estimate.total <= capacity { return Fit(microBatches: count, worst: estimate) }
    }
    return nil
  }

  /// More micro-batches than this are not tried: their schedules alone would take seconds to lay out.
  static let largestTried = 1 << 16

  /// The divisors of a number by rising size.
  ///
  /// O(√n).
  static func divisors(of number: Int) -> [Int] {
    var (small, large): ([Int], [Int]) = ([], [])
    var candidate = 1
    while candidate <= number / candidate {
      if number.isMultiple(of: candidate) {
        small.append(candidate)
        if candidate != number / candidate { large.append(number / candidate) }
      }
      candidate += 1
    }
    return small + large.reversed()
  }
}
