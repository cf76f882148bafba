import GEMMTiming

/// A time model for tests: each operation at given peaks, plus a fixed cost, with an interval of ±10 %.
struct SpecificationRoofline: GEMMTimeModel {
  var flops = 400e12
  var bandwidth = 2e12
  var linkBandwidth = 300e9
  var networkBandwidth = 25e9
  var launch = 0.0
  /// Whether exchanges between GPUs take any time.
  var communicates = true

  var deviceName: String { "specification" }

  func peakFlops(_ dtype: DataType) -> Double? { dtype == .fp8 ? nil : flops }

  func predict(_ operation: GEMMTiming.Operation) throws(UnsupportedOperation) -> TimePrediction {
    switch operation {
    case .gemm(let shape, let dtype):
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
