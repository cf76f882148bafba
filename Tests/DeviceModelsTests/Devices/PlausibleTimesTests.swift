import Foundation
import GEMMTiming
import SeededRandom
import Testing

@testable import DeviceModels

/// What times of products cannot be on any device that comes with the tool, over seeded random shapes.
struct PlausibleTimesTests {
  private static func model(_ name: String) throws -> DeviceModel {
    DeviceModel(
      specification: try .builtIn(named: name),
      shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.85, kneeSharpness: 3.5))
  }

  /// Shapes log-uniform from 1 to 32,768 in each extent.
  private static func shapes(_ count: Int, seed: UInt64) throws -> [GEMMShape] {
    var generator = SplitMix64(seed: seed)
    return try (0..<count).map { _ in
      let extents = (0..<3).map { _ in Int(exp(Double.random(in: 0...log(32_768), using: &generator)).rounded()) }
      return try GEMMShape(m: extents[0], k: extents[1], n: extents[2])
    }
  }

  /// But for types whose own rows say what they take: among those rows, and where fp32 has none.
  @Test(arguments: DeviceSpecification.builtInNames)
  func matrixUnitsAreNeverSlowerThanFp32WithoutThem(name: String) throws {
    let model = try Self.model(name)
    guard model.specification.peaks[.fp32] != nil else { return }
    let types = DataType.allCases.filter { $0 != .fp32 && model.specification.peaks[$0] != nil }
    for shape in try Self.shapes(300, seed: 11) + [GEMMShape(m: 1, k: 262, n: 15)] {
      let fp32 = try model.predict(.gemm(shape, .fp32)).seconds
      for dtype in types {
        let fit = model.specification.gemmFit(for: dtype)
        if fit != nil, model.specification.gemmFit(for: .fp32) == nil { continue }
        let index = try #require(DataType.allCases.firstIndex(of: dtype))
        if model.gemms[index]?.isAligned(shape) == true, model.remainders[index]?.spans(shape) == true { continue }
        let time = try model.predict(.gemm(shape, dtype)).seconds
        #expect(time <= fp32, "\(name) \(shape) \(dtype.rawValue): \(time) s, fp32 \(fp32) s")
      }
    }
  }

  @Test(arguments: DeviceSpecification.builtInNames)
  func aBatchTakesNoLongerThanItsProductsOneByOne(name: String) throws {
    let model = try Self.model(name)
    for shape in try Self.shapes(300, seed: 12) {
      for dtype in DataType.allCases where model.specification.peaks[dtype] != nil {
        let single = try model.predict(.gemm(shape, dtype)).seconds
        let double = try GEMMShape(m: shape.m, k: shape.k, n: shape.n, batch: 2)
        let time = try model.predict(.gemm(double, dtype)).seconds
        // Two products' operands may not fit a cache that holds those of one.
        let index = try #require(DataType.allCases.firstIndex(of: dtype))
        let mayOverflow = model.gemms[index]?.knowsCache == true
        #expect(mayOverflow || time <= 2 * single * (1 + 1e-12), "\(name) \(shape) \(dtype.rawValue)")
        #expect(time >= single * (1 - 1e-12), "\(name) \(shape) \(dtype.rawValue)")
      }
    }
  }

  /// The odd bf16 rows of gemms.csv and gemms-held-out.csv of H100 and H200 take, from 10¹⁰ multiply-adds on, 3.7 to
  /// 7.8 times as long as their aligned neighbours are predicted to, nine tenths of them; the median is 6.
  @Test func oddExtentsCostWhatRowsShow() throws {
    let model = try Self.model("h100-sxm-80gb")
    var generator = SplitMix64(seed: 13)
    var ratios: [Double] = []
    while ratios.count < 200 {
      let extents = [64...8192, 64...32_768, 64...32_768].map { (range: ClosedRange<Double>) in
        Int(exp(Double.random(in: log(range.lowerBound)...log(range.upperBound), using: &generator)) / 8) * 8
      }
      let aligned = try GEMMShape(m: extents[0], k: extents[1], n: extents[2])
      guard aligned.flops >= 2e10 else { continue }
      let odd = try GEMMShape(m: aligned.m, k: aligned.k, n: aligned.n - 1)
      let ratio =
        try model.predict(.gemm(odd, .bf16)).seconds / model.predict(.gemm(aligned, .bf16)).seconds
      #expect(ratio > 1 && ratio < 7.8, "\(odd): \(ratio)")
      ratios.append(ratio)
    }
    let median = ratios.sorted()[100]
    #expect(median > 3.7 && median < 6.5, "\(median)")
    // Rows around this shape sustain 114 to 130 TFLOP/s.
    let shape = try GEMMShape(m: 922, k: 15_872, n: 6455)
    let rate = try shape.flops / model.predict(.gemm(shape, .bf16)).seconds
    #expect(rate > 105e12 && rate < 135e12, "\(rate)")
  }

  /// Measured on an H100 (gemms-held-out.csv), which the parameters have not seen.
  @Test(arguments: [
    ([12_456, 3069, 4006], 2483.2), ([7962, 2043, 5682], 1418.0), ([488, 29_103, 22_212], 5248.8),
    ([25_491, 24_521, 6516], 65_491.3),
  ])
  func longOddProductsOfBf16AreNearTheirRows(extents: [Int], microseconds: Double) throws {
    let shape = try GEMMShape(m: extents[0], k: extents[1], n: extents[2])
    let time = try Self.model("h100-sxm-80gb").predict(.gemm(shape, .bf16)).seconds
    #expect(abs(time / (microseconds * 1e-6) - 1) < 0.2, "\(time)")
  }

  /// Along steps of eight, which leave rows as aligned as they were.
  @Test func oddExtentsStayMonotone() throws {
    let model = try Self.model("h100-sxm-80gb")
    for shape in try Self.shapes(300, seed: 14) {
      let time = try model.predict(.gemm(shape, .bf16)).seconds
      for (k, n) in [(8, 0), (0, 8)] {
        let larger = try GEMMShape(m: shape.m, k: shape.k + k, n: shape.n + n)
        #expect(try model.predict(.gemm(larger, .bf16)).seconds >= time * (1 - 1e-9), "\(shape) \(larger)")
      }
    }
  }
}
