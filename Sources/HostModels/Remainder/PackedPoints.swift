/// Points of a few dimensions with a value each, packed sixteen abreast so that one pass over all of them is quick.
///
/// In single precision, which is a hundred times finer than what any sum over them is good for. Squared distances are
/// |x|² + |y|² − 2·x·y about the points' middle: two operations a dimension instead of three.
struct PackedPoints: Hashable, Sendable {
  /// Points that are looked at together.
  typealias Lanes = SIMD16<Float>

  private let middle: [Double]
  private var blocks: [Lanes]
  private var squares: [Lanes]
  private var values: [Lanes]
  /// How many a point stands for: 0 for what fills up the last block.
  private var counts: [Lanes]

  /// Packs points that stand one after the other in `points`, `size` numbers each; each stands for one where `counts` is nil.
  ///
  /// O(points).
  init(points: [Double], size: Int, values: [Double], counts: [Double]? = nil) {
    let count = size > 0 ? min(values.count, points.count / size) : 0
    let blockCount = (count + Lanes.scalarCount - 1) / Lanes.scalarCount
    var sums = Array(repeating: 0.0, count: size)
    for index in 0..<count * size { sums[index % size] += points[index] }
    middle = sums.map { $0 / Double(max(count, 1)) }
    blocks = Array(repeating: .zero, count: blockCount * size)
    squares = Array(repeating: .zero, count: blockCount)
    self.values = squares
    self.counts = squares
    for index in 0..<count {
      let (block, lane) = (index / Lanes.scalarCount, index % Lanes.scalarCount)
      for axis in 0..<size {
        let place = Float(points[index * size + axis] - middle[axis])
        blocks[block * size + axis][lane] = place
        squares[block][lane] += place * place
      }
      self.values[block][lane] = Float(values[index])
      self.counts[block][lane] = counts.map { Float($0[index]) } ?? 1
    }
  }

  /// Σ wᵢ·valueᵢ and Σ wᵢ·countᵢ, with wᵢ the weight of the squared distance from `point` to point i.
  ///
  /// O(points).
  @inline(__always)
  func sums(at point: [Double], weight: (Lanes) -> Lanes) -> (weighted: Double, weights: Double) {
    guard point.count == middle.count else { return (0, 0) }
    let own = zip(point, middle).map { Float($0 - $1) }
    let square = own.reduce(0) { $0 + $1 * $1 }
    let twice = own.map { 2 * $0 }
    var (weighted, weights) = (Lanes.zero, Lanes.zero)
    twice.withUnsafeBufferPointer { twice in
      blocks.withUnsafeBufferPointer { blocks in
        var base = 0
        for block in values.indices {
          var squared = squares[block] + square
          for axis in twice.indices { squared -= blocks[base + axis] * twice[axis] }
          base += twice.count
          // At its own place a point's is zero but for rounding, which no weight feels.
          let share = weight(squared)
          weighted += share * values[block]
          weights += share * counts[block]
        }
      }
    }
    return (Double(weighted.sum()), Double(weights.sum()))
  }
}
