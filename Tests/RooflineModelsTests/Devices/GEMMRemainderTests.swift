import Foundation
import GEMMTiming
import SeededRandom
import Testing

@testable import RooflineModels

struct GEMMRemainderTests {
  private let index = DataType.allCases.firstIndex(of: .bf16) ?? 0

  private func model(_ device: String) throws -> DeviceModel {
    DeviceModel(
      specification: try .builtIn(named: device),
      shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.85, kneeSharpness: 3.5), detail: .tiles)
  }

  private func roofline(_ model: DeviceModel) throws -> SmoothRoofline {
    let parameters = try #require(model.gemms[index]).parameters
    let make = try #require(model.specification.smoothRoofline(.bf16))
    return make(parameters)
  }

  private let lattice = ShapeLattice(axes: [
    .init(first: 2, step: 2, count: 5), .init(first: 5, step: 2, count: 4), .init(first: 5, step: 1, count: 7),
    .init(first: 0, step: 3, count: 2),
  ])

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

  @Test func elasticitiesAreThoseOfDifferences() throws {
    let roofline = try roofline(model("a100-sxm-80gb"))
    for exponents in [[0, 5, 7, 0], [6.5, 10, 9, 3], [13, 12, 12, 0]] as [[Double]] {
      func logarithm(_ e: [Double]) -> Double {
        roofline.logarithm(m: exp2(e[0]), k: exp2(e[1]), n: exp2(e[2]), batch: exp2(e[3]))
      }
      for (axis, elasticity) in roofline.elasticities(exponents).enumerated() {
        var (up, down) = (exponents, exponents)
        up[axis] += 1e-4
        down[axis] -= 1e-4
        #expect(abs((logarithm(up) - logarithm(down)) / (2e-4 * log(2)) - elasticity) < 1e-6)
      }
    }
  }

  /// Whatever the values are, no extent's growth shortens a time, inside the lattice and far beyond it.
  @Test(arguments: ["a100-sxm-80gb", "h100-sxm-80gb", "mi300x"])
  func timesNeverFallWhateverIsLearned(_ device: String) throws {
    let model = try model(device)
    let tiled = try #require(model.gemms[index])
    var generator = SplitMix64(seed: 9)
    let wild = (0..<lattice.count).map { _ in Double.random(in: -0.8...0.8, using: &generator) }
    let remainder = GEMMRemainder(roofline: try roofline(model), lattice: lattice, values: wild)
    #expect(remainder.values != wild)
    var falls = 0
    for _ in 0..<6000 {
      func extent(_ bits: Double) -> Int { Int(exp2(Double.random(in: 0...bits, using: &generator))) }
      let (m, k, n, batch) = (extent(16), extent(16), extent(16), extent(10))
      let shape = try GEMMShape(m: m, k: k, n: n, batch: batch)
      let grown: GEMMShape
      let more = extent(12)
      // Rows stay as aligned as they are.
      let whole = 16 * extent(8)
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
  }

  @Test func valuesThatKeepTimesMonotoneStay() throws {
    let model = try model("h100-sxm-80gb")
    let rising = (0..<lattice.count).map { node in lattice.exponents(node).reduce(0, +) / 100 }
    let remainder = GEMMRemainder(roofline: try roofline(model), lattice: lattice, values: rising)
    for (value, expected) in zip(remainder.values, rising) { #expect(abs(value - expected) < 1e-12) }
    // Mending what was mended changes nothing.
    let wild = (0..<lattice.count).map { Double($0 * 7919 % 101) / 100 }
    let mended = GEMMRemainder(roofline: try roofline(model), lattice: lattice, values: wild)
    let again = GEMMRemainder(roofline: try roofline(model), lattice: lattice, values: mended.values)
    for (value, expected) in zip(again.values, mended.values) { #expect(abs(value - expected) < 1e-12) }
  }

  @Test func aSmoothRemainderIsFound() throws {
    let model = try model("a100-sxm-80gb")
    let roofline = try roofline(model)
    func truth(_ e: [Double]) -> Double { 0.1 * sin(e[0] / 7) + 0.01 * e[1] + 0.02 * e[2] }
    var generator = SplitMix64(seed: 12)
    let shapes = try (0..<400).map { _ in
      try GEMMShape(
        m: Int(exp2(Double.random(in: 2...10, using: &generator))),
        k: Int(exp2(Double.random(in: 5...11, using: &generator))),
        n: Int(exp2(Double.random(in: 5...11, using: &generator))))
    }
    let fit = RemainderFit(
      roofline: roofline, lattice: lattice, prior: Array(repeating: 0, count: lattice.count),
      shapes: Array(shapes.prefix(300)), residuals: shapes.prefix(300).map { truth(ShapeLattice.exponents($0)) })
    let remainder = GEMMRemainder(roofline: roofline, lattice: lattice, values: fit.values())
    let misses = shapes.suffix(100).map { shape in
      abs(
        lattice.value(remainder.values, m: Double(shape.m), k: Double(shape.k), n: Double(shape.n), batch: 1)
          - truth(ShapeLattice.exponents(shape)))
    }
    #expect(misses.reduce(0, +) / 100 < 0.02, "\(misses.reduce(0, +) / 100)")
  }
}
