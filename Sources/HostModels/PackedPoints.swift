/// Points of a few dimensions with a value each, packed eight abreast so that one pass over all of them is quick.
///
/// In single precision, which is a hundred times finer than what any sum over them is good for.
struct PackedPoints: Hashable, Sendable {
  private var blocks: [SIMD8<Float>]
  private var values: [SIMD8<Float>]
  /// 1 for a point, 0 for what fills up the last block.
  private var presence: [SIMD8<Float>]
  private let size: Int

  /// Packs points that stand one after the other in `points`, `size` numbers each.
  ///
  /// O(points).
  init(points: [Double], size: Int, values: [Double]) {
    self.size = size
    let count = values.count
    let blockCount = (count + 7) / 8
    blocks = Array(repeating: .zero, count: blockCount * size)
    self.values = Array(repeating: .zero, count: blockCount)
    presence = Array(repeating: .zero, count: blockCount)
    for index in 0..<count where (index + 1) * size <= points.count {
      let (block, lane) = (index / 8, index % 8)
      for j in 0..<size { blocks[block * size + j][lane] = Float(points[index * size + j]) }
      self.values[block][lane] = Float(values[index])
      presence[block][lane] = 1
    }
  }

  /// Σ wᵢ·valueᵢ and Σ wᵢ, with wᵢ the weight of the squared distance from `point` to point i.
  ///
  /// O(points).
  @inline(__always)
  func sums(
    at point: [Double], weight: (SIMD8<Float>) -> SIMD8<Float>
  ) -> (weighted: Double, weights: Double) {
    guard point.count == size else { return (0, 0) }
    let center = point.map { Float($0) }
    var weighted = SIMD8<Float>.zero
    var weights = SIMD8<Float>.zero
    center.withUnsafeBufferPointer { center in
      blocks.withUnsafeBufferPointer { blocks in
        var base = 0
        for block in values.indices {
          var squared = SIMD8<Float>.zero
          for j in 0..<size {
            let difference = blocks[base + j] - center[j]
            squared += difference * difference
          }
          base += size
          let share = weight(squared)
          weighted += share * values[block]
          weights += share * presence[block]
        }
      }
    }
    return (Double(weighted.sum()), Double(weights.sum()))
  }
}
