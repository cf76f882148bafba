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
  /// What the runtime keeps of the same GPU beside; ``fits`` leaves it out.
  public let reserve: RuntimeReserve
  /// How much of sequences fits beside the reserve, in decode and prefill; nil in other work.
  public let room: Room?
  /// What one layer of each kind keeps for its backward pass; empty unless the step trains.
  public let kept: [[KeptTensors]]

  /// Whether the plan fits as it is.
  public var fits: Bool { worst.total <= capacity }

  /// What the worst stage needs with the runtime's reserve.
  public var neededWithReserve: Double { worst.total + reserve.total }

  /// Whether the plan fits beside the runtime's reserve.
  public var fitsWithReserve: Bool { neededWithReserve <= capacity }

  /// Judges a plan on GPUs of `capacity` bytes.
  ///
  /// The smallest fit is found by trying every number of micro-batches that divides the batch. On a host no reserve is
  /// kept for the runtime.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model.
  public init(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions(), capacity: Double,
    isHost: Bool = false
  ) throws(ModelError) {
    func reserve(beside estimate: MemoryEstimate) -> RuntimeReserve {
      isHost ? .none : RuntimeReserve(beside: estimate, plan: plan, options: options)
    }
    self.capacity = capacity
    worst = try MemoryEstimate.worst(model: model, plan: plan, options: options)
    var unsharded = options
    unsharded.sequenceParallel = false
    withoutTensorParallelism = try? MemoryEstimate.worst(
      model: model, plan: plan.with(tp: 1, etp: 1), options: unsharded)
    smallestFit = Self.smallestFit(model: model, plan: plan, options: options, capacity: capacity)
    largestBatch =
      worst.total <= capacity
      ? nil
      : Self.largestBatch(model: model, plan: plan, options: options, below: plan.microBatchSize) {
        $0.total <= capacity
      }
    remedies =
      worst.total <= capacity
      ? [] : MemoryRemedy.search(model: model, plan: plan, options: options, capacity: capacity)
    self.reserve = reserve(beside: worst)
    room = try Self.room(model: model, plan: plan, options: options, capacity: capacity) {
      $0.total + reserve(beside: $0).total
    }
    kept =
      options.work == .training
      ? try ShardedModel(model: model, plan: plan, options: options).graphs.map(\.keptTensors) : []
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
