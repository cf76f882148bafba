internal import Foundation
internal import GEMMTiming

/// The box that a fit's rows span in m, k and n.
struct MeasuredRange: Hashable, Sendable {
  var m: ClosedRange<Int>
  var k: ClosedRange<Int>
  var n: ClosedRange<Int>
  /// The most flops of any row.
  var flops: Double

  /// The box of some rows; nil of none.
  init?(_ rows: [FitRow]) {
    func range(_ extents: [Int]) -> ClosedRange<Int>? {
      guard let least = extents.min(), let most = extents.max() else { return nil }
      return least...most
    }
    guard let m = range(rows.map(\.shape.m)), let k = range(rows.map(\.shape.k)), let n = range(rows.map(\.shape.n))
    else { return nil }
    self.m = m
    self.k = k
    self.n = n
    flops = rows.map(\.shape.flops).max() ?? 0
  }

  /// The shape of the box that is nearest to a shape: extents cut to the box, then all shrunk alike while there are more
  /// flops than any row has.
  func nearest(m: Double, k: Double, n: Double) -> (m: Double, k: Double, n: Double) {
    func cut(_ extent: Double, _ range: ClosedRange<Int>) -> Double {
      min(max(extent, Double(range.lowerBound)), Double(range.upperBound))
    }
    let inside = (m: cut(m, self.m), k: cut(k, self.k), n: cut(n, self.n))
    let excess = 2 * inside.m * inside.k * inside.n / flops
    guard excess > 1 else { return inside }
    let factor = pow(excess, 1.0 / 3)
    return (cut(inside.m / factor, self.m), cut(inside.k / factor, self.k), cut(inside.n / factor, self.n))
  }

  /// How many octaves a shape lies outside the box, in every dimension together, or beyond the most flops; 0 within.
  func octavesOutside(m: Double, k: Double, n: Double) -> Double {
    func distance(_ extent: Double, _ range: ClosedRange<Int>) -> Double {
      max(0, log2(extent / Double(range.upperBound)), log2(Double(range.lowerBound) / extent))
    }
    let box = distance(m, self.m) + distance(k, self.k) + distance(n, self.n)
    return max(box, log2(2 * m * k * n / flops), 0)
  }
}
