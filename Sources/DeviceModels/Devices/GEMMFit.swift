public import GEMMTiming

/// GEMM parameters that rows of a device, or of a device of its family, taught.
public struct GEMMFit: Hashable, Sendable {
  /// The element types that it serves.
  public let dtypes: [DataType]
  /// The parameters.
  public let parameters: GEMMParameters
  /// How far measured times lie from predicted ones.
  public let spread: GEMMSpread
  /// The rows that it was fitted to, and how well.
  public let source: String
  /// The device of those rows where it is another than the file's.
  public let rowsOf: String?
  /// What the parameters leave, where enough rows taught it.
  let remainder: RemainderSurface?

  /// A fit with its provenance.
  public init(dtypes: [DataType], parameters: GEMMParameters, spread: GEMMSpread, source: String) {
    self.init(dtypes: dtypes, parameters: parameters, spread: spread, source: source, remainder: nil)
  }

  /// A fit with what its parameters leave.
  init(
    dtypes: [DataType], parameters: GEMMParameters, spread: GEMMSpread, source: String, remainder: RemainderSurface?,
    rowsOf: String? = nil
  ) {
    self.rowsOf = rowsOf
    self.dtypes = dtypes
    self.parameters = parameters
    self.spread = spread
    self.source = source
    self.remainder = remainder
  }
}

/// Where 90 % of measured times lie around a prediction, as factors, by what bounds the time.
public struct GEMMSpread: Hashable, Sendable {
  /// The 5th and the 95th percentile of measured over predicted time.
  public struct Range: Hashable, Sendable {
    /// The lower factor, at most 1.
    public let low: Double
    /// The upper factor, at least 1.
    public let high: Double

    /// Factors around 1.
    public init(low: Double, high: Double) {
      self.low = low
      self.high = high
    }
  }

  /// Kernels whose fixed costs outweigh compute and memory.
  public let latency: Range
  /// Kernels that memory bounds.
  public let memory: Range
  /// Kernels that compute bounds.
  public let compute: Range
  /// Kernels whose rows do not all begin on 16 bytes, whatever bounds them.
  public let unaligned: Range

  /// Where unaligned kernels lie unless rows say more: as the bf16 and fp16 rows of H100 and H200 lie around what their
  /// files predict (calibration/devices/*/gemms.csv).
  public static let unmeasuredUnaligned = Range(low: 0.65, high: 1.9)

  /// A range for each bound, and one for unaligned kernels.
  public init(latency: Range, memory: Range, compute: Range, unaligned: Range = unmeasuredUnaligned) {
    self.latency = latency
    self.memory = memory
    self.compute = compute
    self.unaligned = unaligned
  }

  /// The range of one bound.
  public func range(_ bound: TimePrediction.Bound, isAligned: Bool) -> Range {
    guard isAligned else { return unaligned }
    return switch bound {
    case .compute: compute
    case .memory: memory
    case .latency, .network: latency
    }
  }
}
