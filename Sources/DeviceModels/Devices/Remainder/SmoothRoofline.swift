internal import Foundation
internal import GEMMTiming

/// A time without tiles or waves: what a GEMM's fixed cost, flops and bytes add up to.
///
///     S = fixed + flops/(f·P) + bytes/(β·B)
struct SmoothRoofline: Hashable, Sendable {
  private let fixed: Double
  private let secondsPerFlop: Double
  private let secondsPerElement: Double

  /// The roofline of a device with `peak` flop/s, for elements of `elementSize` bytes.
  init(parameters: GEMMParameters, peak: Double, bandwidth: Double, elementSize: Double) {
    fixed = parameters.launchSeconds + parameters.fillSeconds + parameters.memoryLatencySeconds
    secondsPerFlop = 1 / (parameters.computeFraction * peak)
    secondsPerElement = elementSize / (parameters.bandwidthFraction * bandwidth)
  }

  /// log S of extents that need not be whole.
  func logarithm(m: Double, k: Double, n: Double, batch: Double) -> Double {
    log(
      fixed + batch * (2 * m * k * n * secondsPerFlop + (m * k + k * n + m * n) * secondsPerElement))
  }
}
