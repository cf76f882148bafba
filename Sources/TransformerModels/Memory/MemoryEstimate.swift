/// Device memory that one GPU of a stage needs, in bytes, by what fills it.
public struct MemoryEstimate: Hashable, Sendable {
  /// What fills memory.
  public enum Item: String, Sendable, CaseIterable {
    case weights, gradients
    /// Master weights and moments.
    case optimizer = "optimizer state"
    /// The residual stream of a micro-batch, as the layers hand it on.
    case residualStream = "residual stream"
    /// Attention scores and what softmax makes of them.
    case scores = "attention scores"
    /// Everything else that is alive at the peak.
    case activations = "other activations"
  }

  /// The stage that these GPUs belong to.
  public let stage: Int
  /// Bytes by item; absent items take nothing.
  public let bytes: [Item: Double]

  /// All bytes.
  public var total: Double { Item.allCases.reduce(0) { $0 + (bytes[$1] ?? 0) } }

  /// Bytes of one item.
  public subscript(item: Item) -> Double { bytes[item] ?? 0 }
}

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
  /// What the same stage would need without tensor parallelism, where that is a legal plan.
  public let withoutTensorParallelism: MemoryEstimate?
  /// The smallest number of micro-batches that fits; nil when none does.
  public let smallestFit: Fit?

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
    withoutTensorParallelism = try? MemoryEstimate.worst(model: model, plan: plan.with(tp: 1), options: options)
    var fit: Fit?
    for count in Self.divisors(of: plan.batch / plan.dp) {
      guard let candidate = try? plan.with(microBatches: count),
        let estimate = try? MemoryEstimate.worst(model: model, plan: candidate, options: options)
      else { continue }
      if estimate.total <= capacity {
        fit = Fit(microBatches: count, worst: estimate)
        break
      }
    }
    smallestFit = fit
  }

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
