public import GEMMTiming

/// Matrix products of this host, by OpenBLAS.
public enum MatrixProduct {
  /// The longest extent that OpenBLAS takes.
  public static let maximumExtent = OpenBLAS.maximumExtent

  /// C = A·B in fp32, C overwritten; `layout` says how A and B are stored, row by row.
  ///
  /// Extents must lie in 1...``maximumExtent``, which the caller has checked.
  public static func compute(
    m: Int, k: Int, n: Int, layout: OperandLayout, a: UnsafePointer<Float>, b: UnsafePointer<Float>,
    c: UnsafeMutablePointer<Float>
  ) {
    OpenBLAS.sgemm(m: m, k: k, n: n, layout: layout, a: a, b: b, c: c)
  }
}
