extension VectorKernel {
  /// What is added to a variance, so that a row of equal elements has a norm.
  public static let normEpsilon: Float = 1e-5

  /// (x − mean)/√(variance + ε)·scale + shift over one row (Ba et al., *Layer Normalization*, arXiv 1607.06450).
  public static func layerNorm(
    _ x: UnsafePointer<Float>, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    let mean = sum(x, count: count) { $0 } / Float(count)
    let variance = sum(x, count: count, filler: mean) { ($0 - mean) * ($0 - mean) } / Float(count)
    let factor = 1 / (variance + normEpsilon).squareRoot()
    let whole = count / width * width
    var index = 0
    while index < whole {
      store((load(x, index) - mean) * factor * load(scale, index) + load(shift, index), y, index)
      index += width
    }
    while index < count {
      y[index] = (x[index] - mean) * factor * scale[index] + shift[index]
      index += 1
    }
  }

  /// x/√(mean of squares + ε)·scale over one row (Zhang and Sennrich, arXiv 1910.07467).
  public static func rmsNorm(
    _ x: UnsafePointer<Float>, scale: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    let square = sum(x, count: count) { $0 * $0 } / Float(count)
    let factor = 1 / (square + normEpsilon).squareRoot()
    map(x, scale, to: y, count: count) { x, scale in x * factor * scale }
  }
}
