public import GEMMTiming

/// What to measure, in how many passes, within how much time and memory.
///
/// The items follow from preset, seed, budget, threads and topology alone, never from measured times, so that a run
/// that was interrupted and continued measures the same shapes as one that was not.
public struct MeasurementPlan: Hashable, Sendable {
  /// Sizes of plan.
  public enum Preset: String, Sendable, CaseIterable {
    /// At most 30 seconds in all.
    case quick
    /// At most 2 minutes in all.
    case standard
    /// As long as it takes to cover the space densely: 10 minutes unless a budget is given.
    case thorough

    /// The seconds that the preset may take in all.
    public var budget: Double {
      switch self {
      case .quick: 28
      case .standard: 115
      case .thorough: 600
      }
    }
  }

  /// What is measured, in the order of generation; each pass shuffles it.
  public var items: [WorkItem]
  /// Those that come early in the first pass, since time may not do for all.
  public var leading: Set<WorkItem>
  /// Further shapes from which an adaptive calibration may choose.
  public var candidates: [GEMMShape]
  /// How often the items are gone through; a shape's samples are pooled over the passes.
  public var passes: Int
  /// Seconds for everything, the choice of the kernel and start-up included.
  public var budget: Double
  /// Bytes that the operands may take.
  public var memoryLimit: Double
  /// Decides the shapes, their order and the operands' contents.
  public var seed: UInt64
  /// When a shape has been measured well enough.
  public var stopping: StopRule

  /// A plan of given items.
  public init(
    items: [WorkItem], passes: Int = 2, budget: Double, memoryLimit: Double, seed: UInt64 = 1,
    stopping: StopRule = StopRule(), leading: Set<WorkItem> = [], candidates: [GEMMShape] = []
  ) {
    self.items = items
    self.leading = leading
    self.candidates = candidates
    self.passes = passes
    self.budget = budget
    self.memoryLimit = memoryLimit
    self.seed = seed
    self.stopping = stopping
  }

  /// In how many of the passes an item is measured.
  ///
  /// A long call averages over a neighbour's bursts by itself: three eighths of the passes do for it.
  public func visits(_ item: WorkItem) -> Int {
    let isLong =
      item.shape.flops >= Self.longCall * Double(item.threads)
      || item.cache == .sequence && item.operandBytes >= Self.longRead
    return isLong ? min(passes, max(2, (passes * 3 + 4) / 8)) : passes
  }

  /// Flops a thread from which a call counts as long: some milliseconds.
  static let longCall = 4e8

  /// Bytes from memory from which a call counts as long.
  static let longRead = 4e6

  /// The numbers of threads that the items use, ascending.
  public var threadCounts: [Int] { Set(items.map(\.threads)).sorted() }
}

/// When a shape has been measured well enough in one pass.
public struct StopRule: Hashable, Sendable {
  /// Samples below which the interval of the median means little.
  public var minimumSamples: Int
  /// Samples above which no more are taken.
  public var maximumSamples: Int
  /// The relative half-width of the median's 95 % interval at which measuring ends.
  public var halfWidth: Double

  /// Ten samples at least, and a median known to half a percent.
  public init(minimumSamples: Int = 10, maximumSamples: Int = 64, halfWidth: Double = 0.005) {
    self.minimumSamples = minimumSamples
    self.maximumSamples = maximumSamples
    self.halfWidth = halfWidth
  }
}
