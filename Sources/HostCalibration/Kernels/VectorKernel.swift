/// Passes over rows of floats as plain vector loops: what a layer does between its matrix products.
///
/// Each works on `count` floats next to each other, on one thread. Input and output may be the same memory, but must not
/// overlap otherwise. Lanes are multiplied and added apart: a fused form would be a call on processors that lack it.
public enum VectorKernel {
  /// Eight floats: two registers of the processors that every build runs on.
  typealias Lanes = SIMD8<Float>
  static let width = Lanes.scalarCount

  @inline(__always)
  static func load(_ x: UnsafePointer<Float>, _ index: Int) -> Lanes {
    UnsafeRawPointer(x + index).loadUnaligned(as: Lanes.self)
  }

  @inline(__always)
  static func store(_ value: Lanes, _ y: UnsafeMutablePointer<Float>, _ index: Int) {
    UnsafeMutableRawPointer(y + index).storeBytes(of: value, as: Lanes.self)
  }

  /// The last floats, with a filler in the lanes behind them.
  @inline(__always)
  static func load(_ x: UnsafePointer<Float>, _ index: Int, count: Int, filler: Float) -> Lanes {
    var value = Lanes(repeating: filler)
    for lane in 0..<count { value[lane] = x[index + lane] }
    return value
  }

  @inline(__always)
  static func store(_ value: Lanes, _ y: UnsafeMutablePointer<Float>, _ index: Int, count: Int) {
    for lane in 0..<count { y[index + lane] = value[lane] }
  }

  /// y = f(x), lane by lane.
  @inline(__always)
  static func map(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int, _ f: (Lanes) -> Lanes
  ) {
    let whole = count / width * width
    var index = 0
    while index < whole {
      store(f(load(x, index)), y, index)
      index += width
    }
    if whole < count {
      store(f(load(x, whole, count: count - whole, filler: 0)), y, whole, count: count - whole)
    }
  }

  /// y = f(a, b), lane by lane.
  @inline(__always)
  static func map(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int,
    _ f: (Lanes, Lanes) -> Lanes
  ) {
    let whole = count / width * width
    var index = 0
    while index < whole {
      store(f(load(a, index), load(b, index)), y, index)
      index += width
    }
    if whole < count {
      let rest = count - whole
      let value = f(load(a, whole, count: rest, filler: 0), load(b, whole, count: rest, filler: 0))
      store(value, y, whole, count: rest)
    }
  }

  /// The sum of f(x) over all elements; f must give 0 for `filler`.
  @inline(__always)
  static func sum(_ x: UnsafePointer<Float>, count: Int, filler: Float = 0, _ f: (Lanes) -> Lanes) -> Float {
    let whole = count / (2 * width) * (2 * width)
    var (first, second) = (Lanes.zero, Lanes.zero)
    var index = 0
    while index < whole {
      first += f(load(x, index))
      second += f(load(x, index + width))
      index += 2 * width
    }
    while index < count {
      let rest = min(width, count - index)
      first += f(load(x, index, count: rest, filler: filler))
      index += rest
    }
    return (first + second).sum()
  }
}
