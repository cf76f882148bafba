import GEMMTiming
import SeededRandom
import Testing

@testable import DeviceModels

@Suite struct TiledGEMMTests {
  @Test(arguments: ["h100-sxm-80gb", "a100-sxm-80gb", "l40s", "v100-pcie-32gb"])
  func aTimeIsNoLessThanItsLowerBound(_ name: String) throws {
    let model = DeviceModel(
      specification: try .builtIn(named: name),
      shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.9, kneeSharpness: 3.3), detail: .shipped)
    var generator = SplitMix64(seed: 11)
    var close = 0
    for tiled in model.gemms.compactMap(\.self) {
      for _ in 0..<300 {
        func extent(_ most: Int) -> Int { 1 << Int.random(in: 0...most, using: &generator) }
        let shape = try GEMMShape(
          m: extent(14) + Int.random(in: 0...1, using: &generator), k: extent(14),
          n: extent(14) + Int.random(in: 0...1, using: &generator), batch: extent(4))
        for weights in [TiledGEMM.benchmarkedWeights, .infinity] {
          let floor = tiled.floor(shape, inTurn: weights, among: 1)
          let time = tiled.time(shape, inTurn: weights).seconds
          #expect(floor <= time, "\(shape)")
          close += floor > time / 2 ? 1 : 0
        }
      }
    }
    // A bound of nothing would hold as well.
    #expect(close > 200)
  }
}
