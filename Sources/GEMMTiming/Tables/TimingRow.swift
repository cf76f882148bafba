/// One measured time of a timing table.
public struct TimingRow: Hashable, Sendable {
  /// What was timed. Tables of other tools have no such column: all their rows are GEMMs.
  public enum Routine: String, Sendable, CaseIterable {
    case gemm
    /// `scopy` of m elements: reads and writes m elements each.
    case copy
    /// `saxpy` of m elements: reads 2·m and writes m elements.
    case axpy
  }

  /// Whether the operands were in cache when the clock started.
  public enum CacheState: String, Sendable, CaseIterable {
    case hot, cold
  }

  public var routine: Routine
  public var device: String
  public var dtype: DataType
  public var shape: GEMMShape
  /// Median time in seconds.
  public var seconds: Double
  /// 95 % confidence interval of the median in seconds, and the fastest, where they are known.
  public var low: Double?
  public var high: Double?
  public var minimum: Double?
  public var samples: Int?
  public var threads: Int?
  public var cache: CacheState?
  /// The columns that the table carries along without reading them, by name.
  public var other: [String: String]

  /// A row with what every table has.
  public init(
    routine: Routine = .gemm, device: String, dtype: DataType, shape: GEMMShape, seconds: Double, low: Double? = nil,
    high: Double? = nil, minimum: Double? = nil, samples: Int? = nil, threads: Int? = nil, cache: CacheState? = nil,
    other: [String: String] = [:]
  ) {
    self.routine = routine
    self.device = device
    self.dtype = dtype
    self.shape = shape
    self.seconds = seconds
    self.low = low
    self.high = high
    self.minimum = minimum
    self.samples = samples
    self.threads = threads
    self.cache = cache
    self.other = other
  }
}
