internal import Foundation
public import GEMMTiming
internal import SeededRandom

/// A sequence of shapes that fills the space of (m, k, n) evenly on a logarithmic scale, whatever length is taken.
///
/// Additive recurrence with the plastic constant's kin in three dimensions (Roberts, *The Unreasonable Effectiveness
/// of Quasirandom Sequences*, 2018), shifted by a random offset for each seed.
public struct ShapeSequence: Sequence, IteratorProtocol {
  private var index = 0.0
  private let offset: [Double]
  private let ranges: [ClosedRange<Double>]

  /// The solution of x⁴ = x + 1, whose powers' inverses are the steps.
  private static let base = 1.220_744_084_605_759_6

  /// Shapes with each extent between the bounds.
  public init(m: ClosedRange<Int>, k: ClosedRange<Int>, n: ClosedRange<Int>, seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    offset = (0..<3).map { _ in Double.random(in: 0..<1, using: &generator) }
    // Half a unit on either side, so that the ends are as likely as their neighbours.
    ranges = [m, k, n].map { log(Double($0.lowerBound) - 0.5)...log(Double($0.upperBound) + 0.5) }
  }

  /// The next shape; the sequence does not end.
  public mutating func next() -> GEMMShape? {
    index += 1
    var extents: [Int] = []
    var step = 1.0
    for axis in 0..<3 {
      step /= Self.base
      let position = (offset[axis] + index * step).truncatingRemainder(dividingBy: 1)
      let range = ranges[axis]
      let value = exp(range.lowerBound + position * (range.upperBound - range.lowerBound)).rounded()
      let (least, most) = (exp(range.lowerBound) + 0.5, exp(range.upperBound) - 0.5)
      extents.append(Int(Swift.min(Swift.max(value, least.rounded()), most.rounded())))
    }
    return try? GEMMShape(m: extents[0], k: extents[1], n: extents[2])
  }
}
