extension VectorKernel {
  /// Softmax of `scale`·x over one row in place, of which only the first `visible` elements count: the others become 0.
  ///
  /// All elements are read, as by a mask that is added to the scores; `visible` is at least 1.
  public static func softmax(_ x: UnsafeMutablePointer<Float>, count: Int, visible: Int, scale: Float) {
    let hidden = -Float.infinity
    var most = Lanes(repeating: hidden)
    var index = 0
    while index < count {
      let value = masked(x, index, count, visible)
      most = most.replacing(with: value, where: value .> most)
      index += width
    }
    let shift = most.max() * scale
    var total = Lanes.zero
    index = 0
    while index < count {
      // Hidden ones are −∞ still, and e to it is 0.
      let value = exponential(masked(x, index, count, visible) * scale - shift)
      total += value
      if index + width <= count { store(value, x, index) } else { store(value, x, index, count: count - index) }
      index += width
    }
    let factor = 1 / total.sum()
    map(x, to: x, count: count) { $0 * factor }
  }

  /// The lanes at an index, −∞ in those that are hidden or behind the row.
  @inline(__always)
  private static func masked(_ x: UnsafePointer<Float>, _ index: Int, _ count: Int, _ visible: Int) -> Lanes {
    let hidden = -Float.infinity
    let value =
      index + width <= count ? load(x, index) : load(x, index, count: count - index, filler: hidden)
    if index + width <= visible { return value }
    let lanes = SIMD8<Int32>(0, 1, 2, 3, 4, 5, 6, 7)
    let left = Int32(truncatingIfNeeded: max(0, visible - index))
    return value.replacing(with: hidden, where: lanes .>= SIMD8<Int32>(repeating: left))
  }
}
