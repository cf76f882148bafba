public import GEMMTiming

/// A time model for tests: each operation at given peaks, plus a fixed cost, with an interval of ±10 %.
public struct SpecificationRoofline: GEMMTimeModel {
  /// The compute peak in flop/s, whatever the element type.
  public var flops: Double
  /// Memory in byte/s.
  public var bandwidth: Double
  /// Links inside a node in byte/s.
  public var linkBandwidth: Double
  /// Links between nodes in byte/s.
  public var networkBandwidth: Double
  /// The fixed cost of an operation in seconds.
  public var launch: Double
  /// Whether exchanges between GPUs take any time.
  public var communicates: Bool

  /// A device of given peaks.
  public init(
    flops: Double = 400e12, bandwidth: Double = 2e12, linkBandwidth: Double = 300e9, networkBandwidth: Double = 25e9,
    launch: Double = 0, communicates: Bool = true
  ) {
    self.flops = flops
    self.bandwidth = bandwidth
    self.linkBandwidth = linkBandwidth
    self.networkBandwidth = networkBandwidth
    self.launch = launch
    self.communicates = communicates
  }

  /// A name that no device file has.
  public var deviceName: String { "specification" }

  /// The peak; there is no fp8 unit, for tests of what is not supported.
  public func peakFlops(_ dtype: DataType) -> Double? { dtype == .fp8 ? nil : flops }

  /// The larger of work over peak and bytes over bandwidth, and the fixed cost.
  ///
  /// - Throws: `UnsupportedOperation` for fp8.
  public func predict(_ operation: GEMMTiming.Operation) throws(UnsupportedOperation) -> TimePrediction {
    switch operation {
    case .gemm(let shape, let dtype, _):
      guard let peak = peakFlops(dtype) else {
        throw UnsupportedOperation(device: deviceName, reason: "has no \(dtype.rawValue)")
      }
      let (compute, memory) = (shape.flops / peak, shape.bytes(dtype) / bandwidth)
      return prediction(launch + max(compute, memory), compute >= memory ? .compute : .memory)
    case .memory(let traffic): return prediction(launch + traffic.bytes / bandwidth, .memory)
    case .attention(let shape, let dtype):
      return prediction(launch + max(shape.flops / flops, shape.bytes(dtype) / bandwidth), .compute)
    case .communication(let exchange):
      guard communicates else { return prediction(0, .network) }
      let rate = exchange.nodes > 1 ? networkBandwidth : linkBandwidth
      let passes = exchange.kind == .allReduce ? 2.0 : 1.0
      return prediction(launch + passes * exchange.bytes / rate, .network)
    case .none: return .zero
    }
  }

  private func prediction(_ seconds: Double, _ bound: TimePrediction.Bound) -> TimePrediction {
    TimePrediction(
      seconds: seconds, low: 0.9 * seconds, high: 1.1 * seconds, bound: bound, source: .specification)
  }
}
