import Foundation
import GEMMTiming
import SeededRandom
import Testing

@testable import DeviceModels

struct GEMMRemainderTests {
  private let index = DataType.allCases.firstIndex(of: .bf16) ?? 0

  private func model(_ device: String) throws -> DeviceModel {
    DeviceModel(
      specification: try .builtIn(named: device),
      shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.85, kneeSharpness: 3.5), detail: .tiles)
  }

  private let lattice = ShapeLattice(axes: [
    .init(exponents: [2, 4, 6, 8, 10]), .init(exponents: [5, 7, 9, 11]), .init(exponents: [5, 6, 7, 8, 9, 10, 11]),
    .init(exponents: [0, 3]),
  ])

  @Test func nodesLieWhereExtentsDoOrAtHalfOctaves() {
    #expect(ShapeLattice.Axis(through: [512, 3, 512, 80]).exponents == [3, 80, 512].map(log2))
    #expect(ShapeLattice.Axis(through: [7, 7]).exponents == [log2(7.0)])
    #expect(ShapeLattice.Axis(through: []).exponents == [0])
    let many = ShapeLattice.Axis(through: Array(5...100))
    #expect(many.exponents.map { exp2($0).rounded() } == [4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128])
    #expect(ShapeLattice.Axis(through: Array(1...30)).exponents.prefix(3).map { exp2($0).rounded() } == [1, 2, 3])
    #expect(ShapeLattice.Axis(spanning: [5, 100], step: 2).exponents == [2, 4, 6, 8])
    #expect(ShapeLattice.Axis(spanning: [64], step: 2).exponents == [6])
  }

  @Test func anExponentHasItsPlaceBetweenNodes() {
    let axis = ShapeLattice.Axis(exponents: [1, 2, 4, 8])
    for (exponent, node, share) in [(0.5, 0, 0.0), (1, 0, 0), (1.5, 0, 0.5), (2, 1, 0), (7, 2, 0.75), (9, 2, 1)] {
      let place = axis.place(exponent)
      #expect(place.node == node && abs(place.share - share) < 1e-12, "\(exponent): \(place)")
    }
  }

  @Test func interpolationIsExactForProductsOfLogarithms() throws {
    // Multilinear interpolation reproduces (a + x)(b + y)(c + z)(d + w) inside the lattice.
    func product(_ e: [Double]) -> Double { (1 + e[0]) * (2 - e[1]) * (3 + 0.5 * e[2]) * (1 - 0.1 * e[3]) }
    let values = (0..<lattice.count).map { product(lattice.exponents($0)) }
    var generator = SplitMix64(seed: 4)
    for _ in 0..<200 {
      let shape = try GEMMShape(
        m: .random(in: 4...1024, using: &generator), k: .random(in: 32...2048, using: &generator),
        n: .random(in: 32...2048, using: &generator), batch: .random(in: 1...8, using: &generator))
      let expected = product(ShapeLattice.exponents(shape))
      let direct = lattice.value(
        values, m: Double(shape.m), k: Double(shape.k), n: Double(shape.n), batch: Double(shape.batch))
      #expect(abs(direct - expected) < 1e-9 * max(1, abs(expected)))
      let stencil = lattice.stencil(shape)
      #expect(abs(stencil.reduce(0) { $0 + $1.share } - 1) < 1e-12)
      #expect(abs(stencil.reduce(0) { $0 + $1.share * values[$1.node] } - expected) < 1e-9 * max(1, abs(expected)))
    }
  }

  /// Whatever the values are, no extent's growth shortens a time, inside the lattice and far beyond it.
  @Test(arguments: ["a100-sxm-80gb", "h100-sxm-80gb", "mi300x"])
  func timesNeverFallWhateverIsLearned(_ device: String) throws {
    let model = try model(device)
    let tiled = try #require(model.gemms[index])
    var generator = SplitMix64(seed: 9)
    let wild = (0..<lattice.count).map { _ in Double.random(in: -0.8...0.8, using: &generator) }
    let remainder = GEMMRemainder(RemainderSurface(lattice: lattice, values: wild), of: tiled)
    var (falls, compared) = (0, 0)
    for _ in 0..<20000 {
      func extent(_ bits: Double) -> Int { Int(exp2(Double.random(in: 0...bits, using: &generator))) }
      // Most rows begin on 16 bytes: the others are not corrected.
      let (m, k, n, batch) = (extent(16), 8 * extent(13), 8 * extent(13), extent(10))
      let shape = try GEMMShape(m: m, k: k, n: n, batch: batch)
      let grown: GEMMShape
      let more = extent(12)
      // Rows stay as aligned as they are.
      let whole = 16 * extent(8)
      guard tiled.isAligned(shape) else { continue }
      compared += 1
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: grown = try GEMMShape(m: m + more, k: k, n: n, batch: batch)
      case 1: grown = try GEMMShape(m: m, k: k + whole, n: n, batch: batch)
      case 2: grown = try GEMMShape(m: m, k: k, n: n + whole, batch: batch)
      default: grown = try GEMMShape(m: m, k: k, n: n, batch: batch + more)
      }
      let before = remainder.corrected(tiled.time(shape).seconds, shape)
      let after = remainder.corrected(tiled.time(grown).seconds, grown)
      if after < before * (1 - 1e-12) { falls += 1 }
    }
    #expect(falls == 0)
    #expect(compared > 10000)
  }

  /// At a node H = λ·log S + ρ, as long as that falls nowhere.
  @Test func correctionsThatKeepTimesMonotoneStay() throws {
    let tiled = try #require(try model("h100-sxm-80gb").gemms[index])
    let rising = (0..<lattice.count).map { node in lattice.exponents(node).reduce(0, +) / 100 }
    let remainder = GEMMRemainder(RemainderSurface(lattice: lattice, values: rising), of: tiled)
    for node in stride(from: 0, to: lattice.count, by: 7) {
      let e = lattice.exponents(node).map(exp2)
      let shape = try GEMMShape(m: Int(e[0]), k: Int(e[1]), n: Int(e[2]), batch: Int(e[3]))
      let seconds = tiled.time(shape).seconds
      let expected =
        0.5 * log(seconds) + 0.5 * tiled.smoothRoofline.logarithm(m: e[0], k: e[1], n: e[2], batch: e[3]) + rising[node]
      #expect(abs(log(remainder.corrected(seconds, shape)) - expected) < 1e-12)
    }
  }

  /// A product that is slower than a larger one takes the larger one's time.
  @Test func aHillIsCutOff() throws {
    let tiled = try #require(try model("h100-sxm-80gb").gemms[index])
    let flat = Array(repeating: 0.0, count: lattice.count)
    let hill = (0..<lattice.count).map { lattice.position($0, axis: 0) == 1 ? 3.0 : 0 }
    let (plain, cut) = (
      GEMMRemainder(RemainderSurface(lattice: lattice, values: flat), of: tiled),
      GEMMRemainder(RemainderSurface(lattice: lattice, values: hill), of: tiled)
    )
    let (hillTop, next) = (try GEMMShape(m: 16, k: 128, n: 128), try GEMMShape(m: 64, k: 128, n: 128))
    // The same τ, so that only H tells: the next node's.
    #expect(abs(cut.corrected(1e-5, hillTop) - plain.corrected(1e-5, next)) < 1e-14)
    #expect(cut.corrected(1e-5, next) == plain.corrected(1e-5, next))
  }

  /// Where nothing is corrected, times at the nodes are those of tiles and waves.
  @Test func neutralCorrectsNothing() throws {
    let tiled = try #require(try model("a100-sxm-80gb").gemms[index])
    let neutral = RemainderSurface(lattice: lattice, values: GEMMRemainder.neutral(lattice, tiled: tiled))
    let remainder = GEMMRemainder(neutral, of: tiled, mends: false)
    for node in stride(from: 0, to: lattice.count, by: 5) {
      let e = lattice.exponents(node).map { Int(exp2($0)) }
      let shape = try GEMMShape(m: e[0], k: e[1], n: e[2], batch: e[3])
      let seconds = tiled.time(shape).seconds
      #expect(abs(remainder.corrected(seconds, shape) / seconds - 1) < 1e-12)
    }
  }

  @Test func aSmoothRemainderIsFound() throws {
    let model = try model("a100-sxm-80gb")
    let tiled = try #require(model.gemms[index])
    func truth(_ e: [Double]) -> Double { 0.1 * sin(e[0] / 7) + 0.01 * e[1] + 0.02 * e[2] }
    var generator = SplitMix64(seed: 12)
    let shapes = try (0..<400).map { _ in
      try GEMMShape(
        m: Int(exp2(Double.random(in: 2...10, using: &generator))),
        k: Int(exp2(Double.random(in: 5...11, using: &generator))),
        n: Int(exp2(Double.random(in: 5...11, using: &generator))))
    }
    let fit = RemainderFit(
      tiled: tiled, prior: RemainderSurface(lattice: lattice, values: Array(repeating: 0, count: lattice.count)),
      shapes: Array(shapes.prefix(300)), residuals: shapes.prefix(300).map { truth(ShapeLattice.exponents($0)) })
    let values = fit.values()
    let misses = shapes.suffix(100).map { shape in
      abs(
        lattice.value(values, m: Double(shape.m), k: Double(shape.k), n: Double(shape.n), batch: 1)
          - truth(ShapeLattice.exponents(shape)))
    }
    #expect(misses.reduce(0, +) / 100 < 0.02, "\(misses.reduce(0, +) / 100)")
  }
}
