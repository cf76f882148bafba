import Foundation
import GEMMTiming
import SeededRandom

/// A made-up host that works as real ones do: register tiles, packed blocks, caches, a second path for small products, rows
/// of B that crowd a cache's sets, and a neighbour that slows some measurements unseen.
struct BlockedHost {
  /// Tiles of 12 by 4, and narrower ones for what they leave over, each with a cost of its own.
  static let rowPanels = [12, 4, 2, 1]
  static let columnPanels = [4, 2, 1]
  /// Multiply-adds up to which nothing is packed.
  static let threshold = 262_144.0
  static let depth = 256.0
  private static let noise = 0.01
  /// One of so many measurements has the neighbour beside it.
  private static let neighbour = 20

  /// Seconds a product takes without noise.
  func seconds(_ shape: GEMMShape) -> Double {
    let (m, k, n) = (Double(shape.m), Double(shape.k), Double(shape.n))
    let isSmall = m * k * n <= Self.threshold
    var tiles = 0.0
    for (rows, rowCount) in Self.cut(shape.m, Self.rowPanels) {
      for (columns, columnCount) in Self.cut(shape.n, Self.columnPanels) {
        // A narrow tile has too few multiply-adds to fill the units.
        let effort = max(Double(rows * columns), 12) / 48
        tiles +=
          Double(rowCount * columnCount) * effort
          * (k * 4e-10 + (isSmall ? 1e-9 : 3e-9 * (k / Self.depth).rounded(.up)))
      }
    }
    let bytes = 4 * (m * k + k * n + m * n)
    let far = Self.outside(bytes, 1e6) * 1.5e-10 + Self.outside(bytes, 16e6) * 4e-10
    let moved = (m * k + k * n + m * n) * far
    if isSmall { return 0.3e-6 + tiles + moved }
    // Rows that begin a page apart fall into one set.
    let crowding = shape.n.isMultiple(of: 1024) ? 3.0 : 1
    return 2e-6 + tiles + moved + m * k * 2e-10 + k * n * 2.5e-10 * crowding + m * n * 1e-10
  }

  /// How often each width is used for an extent; the last is padded.
  private static func cut(_ extent: Int, _ panels: [Int]) -> [(width: Int, count: Int)] {
    var rest = extent
    return panels.map { width in
      let count = rest / width
      rest -= count * width
      return (width, count)
    }
  }

  private static func outside(_ bytes: Double, _ size: Double) -> Double {
    let ratio = size / bytes
    return 1 / (1 + ratio * ratio)
  }

  /// Shapes as plans have them: most with any extents, some with those of weights.
  func shapes(_ count: Int, seed: UInt64) throws -> [GEMMShape] {
    var generator = SplitMix64(seed: seed)
    var shapes: [GEMMShape] = []
    while shapes.count < count {
      let isWeight = shapes.count % 4 == 0
      func extent() -> Int {
        let any = Int(exp(Double.random(in: 0...log(4096), using: &generator)).rounded())
        return isWeight ? max(any / 256, 1) * 256 : any
      }
      let m = Int(exp(Double.random(in: 0...log(2048), using: &generator)).rounded())
      let shape = try GEMMShape(m: m, k: extent(), n: extent())
      if (1e4...4e9).contains(shape.flops) { shapes.append(shape) }
    }
    return shapes
  }

  /// Measurements: noise of a hundredth, and the neighbour's beside one of twenty, which no column tells.
  func rows(_ shapes: [GEMMShape], seed: UInt64) -> [TimingRow] {
    var generator = SplitMix64(seed: seed)
    return shapes.map { shape in
      let isDisturbed = Int.random(in: 0..<Self.neighbour, using: &generator) == 0
      let slowdown = isDisturbed ? Double.random(in: 1.3...1.5, using: &generator) : 1
      let time = seconds(shape) * slowdown * exp(Double.random(in: -2 * Self.noise...2 * Self.noise, using: &generator))
      return TimingRow(
        device: "blocked", dtype: .fp32, shape: shape, seconds: time, low: time * (1 - Self.noise),
        high: time * (1 + Self.noise), minimum: time, samples: 10, threads: 1, cache: .hot)
    }
  }
}
