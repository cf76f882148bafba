/// One measured time of a timing table.
public struct TimingRow: Hashable, Sendable {
  /// What was timed.
  ///
  /// Tables of other tools have no such column: all their rows are GEMMs.
  public enum Routine: String, Sendable, CaseIterable {
    case gemm
    /// `scopy` of m elements: reads and writes m elements each.
    case copy
    /// `saxpy` of m elements: reads 2·m and writes m elements.
    case axpy
    /// Passes over m rows of n elements, as a layer has them between its products; ``traffic(_:_:)`` says what they move.
    case layerNorm = "layer_norm"
    case rmsNorm = "rms_norm"
    case softmax, gelu, swiglu, rotary, residual
  }

  /// Where the operands were when the clock started.
  public enum CacheState: String, Sendable, CaseIterable, Codable {
    /// As near as a call of the same product left them.
    case hot
    /// In no cache.
    case cold
    /// As a model's step leaves them: the weight in no cache, since all other weights passed by, the activations where the
    /// operation before left them.
    case sequence
  }

  /// What was timed.
  public var routine: Routine
  /// The name of what it was timed on.
  public var device: String
  /// The element type of the operands.
  public var dtype: DataType
  /// How the operands lie in memory.
  public var layout: OperandLayout
  /// The extents; for `copy` and `axpy` the vector's length is m, and k, n and batch are 1.
  public var shape: GEMMShape
  /// Median time in seconds.
  public var seconds: Double
  /// Lower end of the 95 % confidence interval of the median in seconds, where it is known.
  public var low: Double?
  /// Upper end of that interval in seconds, where it is known.
  public var high: Double?
  /// The fastest in seconds, where it is known.
  public var minimum: Double?
  /// How many timings the median is of, where it is known.
  public var samples: Int?
  /// How many threads shared the work, where it is known.
  public var threads: Int?
  /// Where the operands were when the clock started, where it is known.
  public var cache: CacheState?
  /// The columns that the table carries along without reading them, by name.
  public var other: [String: String]

  /// A row with what every table has.
  public init(
    routine: Routine = .gemm, device: String, dtype: DataType, shape: GEMMShape, seconds: Double, low: Double? = nil,
    high: Double? = nil, minimum: Double? = nil, samples: Int? = nil, threads: Int? = nil, cache: CacheState? = nil,
    layout: OperandLayout = .nn, other: [String: String] = [:]
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
    self.layout = layout
    self.other = other
  }

  /// The finite number in a carried-along column; nil where there is none.
  public func number(_ column: String) -> Double? {
    guard let value = other[column].flatMap({ Double($0) }), value.isFinite else { return nil }
    return value
  }
}
