/// The rational quadratic kernel of Gaussian processes, κ(d) = (1 + d²/4)⁻².
///
/// Rasmussen and Williams, *Gaussian Processes for Machine Learning*, 2006, eq. 4.19 with α = 2: lengths of several scales
/// at once, and no transcendental function, so that a sum over thousands of rows takes microseconds.
public enum RationalQuadratic {
  /// The correlation at a squared distance, which is counted in the process's lengths.
  @inlinable
  public static func correlation(squared: Double) -> Double {
    let root = 1 + squared / 4
    return 1 / (root * root)
  }
}
