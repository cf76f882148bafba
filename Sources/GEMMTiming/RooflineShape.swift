internal import Foundation

/// What a host's measurements teach about GEMMs in dimensionless form, so that it carries over to a device of other
/// peaks: which fraction of each ceiling is reached, and how sharp the knee between them is.
///
/// With the ceilings P (flop/s) and B (byte/s) of any device, work of `flops` and `bytes` takes
///
///     t = launch + (tcᵖ + tmᵖ)^(1/p),   tc = flops / (computeFraction·P),   tm = bytes / (bandwidthFraction·B)
///
/// which tends to the larger of tc and tm as p grows (Williams, Waterman, Patterson, *Roofline*, CACM 52(4), 2009, is
/// the limit p → ∞), and to their sum, nothing overlapping, at p = 1.
public struct RooflineShape: Hashable, Sendable, Codable {
  /// Sustained flop/s of large GEMMs over the compute ceiling, in (0, 1].
  public var computeFraction: Double
  /// Sustained byte/s of streaming kernels over the bandwidth ceiling, in (0, 1].
  public var bandwidthFraction: Double
  /// The exponent p ≥ 1 of the knee.
  public var kneeSharpness: Double

  /// Describes a roofline's shape; fractions in (0, 1], sharpness ≥ 1.
  public init(computeFraction: Double, bandwidthFraction: Double, kneeSharpness: Double) {
    self.computeFraction = computeFraction
    self.bandwidthFraction = bandwidthFraction
    self.kneeSharpness = kneeSharpness
  }

  /// The time without launch cost of work that takes `compute` seconds at its ceiling and `memory` seconds at its own,
  /// both already divided by their fractions.
  ///
  /// Scaled by the larger of the two, so that no power overflows.
  public func combine(compute: Double, memory: Double) -> Double {
    let larger = max(compute, memory)
    guard larger > 0 else { return 0 }
    let (c, m) = (compute / larger, memory / larger)
    return larger * pow(pow(c, kneeSharpness) + pow(m, kneeSharpness), 1 / kneeSharpness)
  }
}
