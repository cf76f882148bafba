internal import Foundation
internal import GEMMTiming
internal import SeededRandom

/// Chooses the GEMM shapes of a preset, the same for the same arguments.
struct ShapeGenerator {
  let count: Int
  let flopsCap: Double
  let memoryLimit: Double
  let seed: UInt64

  /// The most work that one shape may take with so many seconds for all: a share of them at a modest 50 Gflop/s.
  static func flopsCap(seconds: Double) -> Double { min(max(seconds * 2.2e8, 5e8), 6e10) }

  /// All shapes, each once, the space-filling ones first.
  func shapes() -> [GEMMShape] {
    var chosen: [GEMMShape] = []
    var seen: Set<GEMMShape> = []
    func add(_ shape: GEMMShape) { if seen.insert(shape).inserted { chosen.append(shape) } }
    for shape in spaceFilling(count * 70 / 100) { add(shape) }
    for shape in decoding(count * 5 / 100) { add(shape) }
    for shape in nearTiles(count * 5 / 100) { add(shape) }
    for shape in nearThresholds(count * 2 / 100) { add(shape) }
    for shape in large(largeCount) + streaming() { add(shape) }
    for shape in layers(layerCount) { add(shape) }
    return chosen
  }

  /// Three times as many shapes again, spread as the space-filling ones and those for decoding are.
  func candidates(besides chosen: Set<GEMMShape>) -> [GEMMShape] {
    let wider = ShapeGenerator(count: 3 * count, flopsCap: flopsCap, memoryLimit: memoryLimit, seed: seed &+ 0x5EED)
    var seen = chosen
    return (wider.spaceFilling(wider.count * 85 / 100) + wider.decoding(wider.count * 15 / 100))
      .filter { seen.insert($0).inserted }
  }

  /// Every twentieth of the shapes whose operands fit the caches, where the difference is, and in addition some that
  /// move much for their work: what they take more with their operands in memory is what products beyond the largest
  /// measured ones are extrapolated by.
  func coldShapes(among shapes: [GEMMShape]) -> [GEMMShape] {
    let short = shapes.filter { $0.flops <= flopsCap / 16 }
    let some = short.enumerated().filter { $0.offset.isMultiple(of: 20) }.map(\.element)
    let known = Set(some)
    let moving = short.filter { shape in
      !known.contains(shape) && shape.flops >= 1e7 && min(shape.m, shape.k, shape.n) >= 32
        && shape.bytes(.fp32) >= 2e6 && shape.arithmeticIntensity(.fp32) <= Self.reuse
    }
    return some + moving.prefix(count / 90)
  }

  func take(
    _ count: Int, from sequence: ShapeSequence, where accepts: (GEMMShape) -> Bool
  ) -> [GEMMShape] {
    // A cap that nothing meets must not search for ever.
    var chosen: [GEMMShape] = []
    for shape in sequence.prefix(200 * (count + 10)) where fits(shape) && accepts(shape) {
      if chosen.count >= count { break }
      chosen.append(shape)
    }
    return chosen
  }

  func fits(_ shape: GEMMShape) -> Bool { shape.flops <= flopsCap && shape.bytes(.fp32) <= memoryLimit }

  private func spaceFilling(_ count: Int) -> [GEMMShape] {
    var credit = 0.0
    return take(count, from: ShapeSequence(m: 1...8192, k: 1...8192, n: 1...8192, seed: seed)) { shape in
      credit += Self.share(of: shape)
      guard credit >= 1 else { return false }
      credit -= 1
      return true
    }
  }

  /// The share of the shapes of such work that is taken.
  ///
  /// A seventh of the cube is below 10⁴ flops, where only the cost of the call shows: a fifth of those is enough. Above,
  /// short calls are as many as they cost little and vary most; they thin out as the work to the power of 0.35, and long ones,
  /// which take most of the time, as 1/√flops and faster where operands are used so often that the time is smooth.
  private static func share(of shape: GEMMShape) -> Double {
    if shape.flops < 1e4 { return 1 / 5 }
    let isReused = shape.arithmeticIntensity(.fp32) > reuse
    return min(1, pow(shortCall / shape.flops, 0.35))
      * min(1, pow(MeasurementPlan.longCall / shape.flops, isReused ? 0.75 : 0.5))
  }

  /// Flops up to which a visit takes hardly longer than its start.
  private static let shortCall = 2e6
  /// Flops a byte beyond which caches hardly matter.
  private static let reuse = 32.0

  private func decoding(_ count: Int) -> [GEMMShape] {
    take(count, from: ShapeSequence(m: 1...16, k: 256...8192, n: 256...8192, seed: seed &+ 1)) { _ in true }
  }

  /// Extents at a multiple of a tile, one below and one above.
  private func nearTiles(_ count: Int) -> [GEMMShape] {
    let tiles = [8, 16, 24, 32, 48, 64, 96, 192, 320, 384, 448, 640]
    var generator = SplitMix64(seed: seed &+ 2)
    func moved(_ extent: Int) -> Int {
      let near = tiles.filter { $0 <= extent * 3 / 2 }
      guard let tile = near.randomElement(using: &generator) else { return extent }
      let multiple = max(1, (extent + tile / 2) / tile) * tile
      return max(1, multiple + Int.random(in: -1...1, using: &generator))
    }
    return take(count, from: ShapeSequence(m: 8...2048, k: 8...2048, n: 8...2048, seed: seed &+ 2)) { _ in true }
      .compactMap { try? GEMMShape(m: moved($0.m), k: moved($0.k), n: moved($0.n)) }
      .filter(fits)
  }

  /// Volumes m·k·n within a tenth of those at which OpenBLAS changes to several threads and to its blocked kernel.
  private func nearThresholds(_ count: Int) -> [GEMMShape] {
    var generator = SplitMix64(seed: seed &+ 3)
    return take(count, from: ShapeSequence(m: 4...1024, k: 4...1024, n: 4...1024, seed: seed &+ 3)) { _ in true }
      .enumerated().compactMap { index, shape in
        let volume =
          (index.isMultiple(of: 2) ? LoneVolume.usual : LoneVolume.wide)
          * Double.random(in: 0.9...1.1, using: &generator)
        // m and n keep their ratio, k its value.
        let factor = (volume / (Double(shape.m) * Double(shape.k) * Double(shape.n))).squareRoot()
        let (m, n) = (Double(shape.m) * factor, Double(shape.n) * factor)
        return try? GEMMShape(m: max(1, Int(m.rounded())), k: shape.k, n: max(1, Int(n.rounded())))
      }
  }

  /// Work near the cap: some with all extents large, some tall (a batch of tokens), up to eight times the usual range.
  private func large(_ count: Int) -> [GEMMShape] {
    let cubes = take(
      (count + 1) / 2, from: ShapeSequence(m: 512...8192, k: 512...8192, n: 512...8192, seed: seed &+ 4)
    ) { $0.flops >= flopsCap / 8 }
    let tall = take(
      count / 2, from: ShapeSequence(m: 8192...65536, k: 64...4096, n: 64...4096, seed: seed &+ 5)
    ) { $0.flops >= flopsCap / 32 }
    return cubes + tall
  }

  /// Some whose A, whose B or whose C leaves the caches, of no more work than that takes: they tell what operands cost
  /// beyond the measured range.
  func streaming() -> [GEMMShape] {
    take(largeCount, from: ShapeSequence(m: 1024...2048, k: 64...8192, n: 64...8192, seed: seed &+ 6)) {
      (flopsCap / 24...flopsCap / 4).contains($0.flops)
    }
  }

  private var largeCount: Int { max(4, count / 200) }

  /// How many products of layers are measured.
  var layerCount: Int { count / 20 }
}
