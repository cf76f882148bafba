extension VectorKernel {
  /// eˣ in each lane, to a few units in the last place; 0 below −87.3, where no normal float is left, and e⁸⁸ above 88.
  ///
  /// x = n·ln 2 + r with |r| ≤ ½·ln 2, eʳ by a polynomial of degree 7, 2ⁿ by its bits (Moshier, *Cephes*, `expf.c`).
  @inline(__always)
  static func exponential(_ x: Lanes) -> Lanes {
    let (low, high) = (Lanes(repeating: -87.3), Lanes(repeating: 88))
    // What is below gives no number here, and 0 in the end.
    let clamped = x.replacing(with: high, where: x .> high)
    // Adding 1.5·2²³ leaves the nearest whole number in the lowest bits.
    let shift = Lanes(repeating: 12_582_912)
    let shifted = clamped * 1.442_695_04 + shift
    let n = shifted - shift
    let r = (clamped - n * 0.693_359_375) - n * -2.121_944_4e-4
    var p = r * 1.987_569_15e-4 + 1.398_199_950_7e-3
    p = p * r + 8.333_451_907_3e-3
    p = p * r + 4.166_579_589_4e-2
    p = p * r + 1.666_666_545_9e-1
    p = p * r + 5.000_000_120_1e-1
    p = p * (r * r) + r + 1
    let exponent = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- SIMD8<Int32>(repeating: 0x4B40_0000)
    let power = unsafeBitCast((exponent &+ 127) &<< 23, to: Lanes.self)
    return (p * power).replacing(with: 0, where: x .< low)
  }

  /// 1 / (1 + e⁻ˣ) in each lane.
  @inline(__always)
  static func logistic(_ x: Lanes) -> Lanes { 1 / (1 + exponential(-x)) }
}
