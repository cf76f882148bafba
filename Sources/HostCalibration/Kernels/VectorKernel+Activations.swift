extension VectorKernel {
  /// GELU in its tanh form: x/2·(1 + tanh u) = x·σ(2u), u = √(2/π)·(x + 0.044715·x³).
  ///
  /// Hendrycks and Gimpel, *Gaussian Error Linear Units*, arXiv 1606.08415, §2.
  public static func gelu(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) {
    map(x, to: y, count: count) { x in gelu(x) }
  }

  /// max(x, 0).
  public static func relu(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) {
    map(x, to: y, count: count) { x in x.replacing(with: 0, where: x .< 0) }
  }

  /// The square of max(x, 0) (So et al., *Primer*, arXiv 2109.08668).
  public static func squaredReLU(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) {
    map(x, to: y, count: count) { x in
      let positive = x.replacing(with: 0, where: x .< 0)
      return positive * positive
    }
  }

  /// x·σ(x).
  public static func silu(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) {
    map(x, to: y, count: count) { x in x * logistic(x) }
  }

  /// gate·σ(gate)·up (Shazeer, *GLU Variants Improve Transformer*, arXiv 2002.05202, §2).
  public static func swiglu(
    gate: UnsafePointer<Float>, up: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    map(gate, up, to: y, count: count) { gate, up in gate * logistic(gate) * up }
  }

  /// gelu(gate)·up, by the same form of GELU.
  public static func geglu(
    gate: UnsafePointer<Float>, up: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    map(gate, up, to: y, count: count) { gate, up in gelu(gate) * up }
  }

  @inline(__always)
  private static func gelu(_ x: Lanes) -> Lanes { x * logistic((x * x * 0.071_354_816 + 1.595_769_1) * x) }
}
