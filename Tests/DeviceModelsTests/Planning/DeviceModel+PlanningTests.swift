import Foundation
import GEMMTiming
import LinearSolvers
import SeededRandom
import Testing

@testable import DeviceModels

struct DeviceModelPlanningTests {
  private func model() throws -> DeviceModel {
    DeviceModel(
      specification: try .builtIn(named: "l40s"),
      shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.85, kneeSharpness: 3.5))
  }

  private func candidates(_ count: Int) throws -> [GEMMShape] {
    var generator = SplitMix64(seed: 21)
    return try (0..<count).map { _ in
      func extent(_ bits: ClosedRange<Double>) -> Int { Int(exp2(Double.random(in: bits, using: &generator))) }
      return try GEMMShape(m: extent(0...14), k: extent(5...14), n: extent(5...14))
    }
  }

  @Test func aPlanIsTheSameTwiceAndItsBeginningIsAPlan() throws {
    let (model, shapes) = (try model(), try candidates(60))
    let plan = try model.plan(12, of: shapes, dtype: .bf16)
    #expect(plan.count == 12)
    #expect(Set(plan).count == 12)
    #expect(try model.plan(12, of: shapes, dtype: .bf16) == plan)
    #expect(try model.plan(5, of: shapes, dtype: .bf16) == Array(plan.prefix(5)))
    #expect(Set(try model.plan(100, of: shapes, dtype: .bf16)) == Set(shapes.indices))
    #expect(try model.plan(0, of: shapes, dtype: .bf16).isEmpty)
    #expect(try model.plan(3, of: [], dtype: .bf16).isEmpty)
  }

  /// What the greedy choice says of the variance that is left is what conditioning on the chosen ones at once leaves.
  @Test func theVarianceThatIsLeftIsThatOfTheGaussianProcess() throws {
    let (model, shapes) = (try model(), try candidates(25))
    let index = try #require(DataType.allCases.firstIndex(of: .bf16))
    let tiled = try #require(model.gemms[index])
    var uncertainty = PlanUncertainty(shapes, tiled: tiled, trust: 1)
    let start = uncertainty
    for _ in 0..<6 { uncertainty.measure(try #require(uncertainty.mostTelling())) }
    // In another order, the same.
    var reversed = start
    for index in shapes.indices.filter({ uncertainty.isMeasured($0) }).reversed() { reversed.measure(index) }
    #expect(abs(reversed.meanVariance - uncertainty.meanVariance) < 1e-9 * start.meanVariance)
    #expect(uncertainty.meanVariance < start.meanVariance / 2)
    // The first choice is the best single one.
    let best = shapes.indices.map { index in
      var single = start
      single.measure(index)
      return single.meanVariance
    }
    var first = start
    first.measure(try #require(start.mostTelling()))
    #expect(abs(first.meanVariance - (best.min() ?? 0)) < 1e-12)
  }

  @Test func aPlanLeavesLessThanChance() throws {
    let (model, shapes) = (try model(), try candidates(120))
    let index = try #require(DataType.allCases.firstIndex(of: .bf16))
    let tiled = try #require(model.gemms[index])
    func left(_ chosen: some Sequence<Int>) -> Double {
      var uncertainty = PlanUncertainty(shapes, tiled: tiled, trust: 1)
      for index in chosen { uncertainty.measure(index) }
      return uncertainty.meanVariance
    }
    let planned = left(try model.plan(16, of: shapes, dtype: .bf16))
    for seed in 1...4 as ClosedRange<UInt64> {
      var generator = SplitMix64(seed: seed)
      #expect(planned < left(shapes.indices.shuffled(using: &generator).prefix(16)))
    }
  }

  @Test func anElementTypeWithoutPeakIsNamed() throws {
    let volta = DeviceModel(
      specification: try .builtIn(named: "v100-pcie-32gb"),
      shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.85, kneeSharpness: 3.5))
    #expect(throws: UnsupportedOperation.self) { try volta.plan(3, of: candidates(5), dtype: .fp8) }
  }
}
