internal import Foundation
internal import GEMMTiming

/// A time without tiles or waves: what a GEMM's fixed cost, flops and bytes add up to.
///
///     S = fixed + flops/(f·P) + bytes/(β·B)
///
/// A sum of products of powers, so that each elasticity ∂ log S/∂ log x is a quotient of two functions that are linear
/// in any one extent: over a box it is smallest in one of the corners.
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

  /// The elasticities in m, k, n and batch at the powers of two `exponents`.
  func elasticities(_ exponents: [Double]) -> [Double] {
    let (m, k, n, batch) = (exp2(exponents[0]), exp2(exponents[1]), exp2(exponents[2]), exp2(exponents[3]))
    let flops = batch * 2 * m * k * n * secondsPerFlop
    let (a, b, c) = (
      batch * m * k * secondsPerElement, batch * k * n * secondsPerElement, batch * m * n * secondsPerElement
    )
    let total = fixed + flops + a + b + c
    return [flops + a + c, flops + a + b, flops + b + c, flops + a + b + c].map { $0 / total }
  }
}
