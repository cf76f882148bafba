extension VectorKernel {
  /// x += y.
  public static func add(_ y: UnsafePointer<Float>, to x: UnsafeMutablePointer<Float>, count: Int) {
    map(x, y, to: x, count: count) { x, y in x + y }
  }

  /// y = x.
  public static func copy(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) {
    y.update(from: x, count: count)
  }

  /// y = a·x where `isFirst`, else y += a·x.
  public static func accumulate(
    _ x: UnsafePointer<Float>, times a: Float, to y: UnsafeMutablePointer<Float>, count: Int, isFirst: Bool
  ) {
    if isFirst {
      map(x, to: y, count: count) { x in x * a }
    } else {
      map(x, y, to: y, count: count) { x, y in x * a + y }
    }
  }
}

extension VectorKernel {
  /// y = the sum of several rows, in their order, from the first on.
  public static func sum(_ rows: [UnsafePointer<Float>], to y: UnsafeMutablePointer<Float>, count: Int) {
    guard let first = rows.first else { return }
    guard rows.count > 1 else { return copy(first, to: y, count: count) }
    map(first, rows[1], to: y, count: count) { a, b in a + b }
    for row in rows.dropFirst(2) { add(row, to: y, count: count) }
  }
}
