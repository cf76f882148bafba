import GEMMTiming
import SeededRandom
import Testing

@testable import DeviceModels

@Suite struct AttentionFitTests {
  @Test func paddedPairsAreThoseOfEveryGranulesLastRow() {
    var generator = SplitMix64(seed: 5)
    for _ in 0..<500 {
      let granule = [1, 8, 32, 64].randomElement(using: &generator) ?? 1
      let queries = Int.random(in: 1...600, using: &generator)
      let keys = queries + Int.random(in: 0...500, using: &generator)
      // The last query sees all keys; a granule's rows see what its last row does, the padding's keys included.
      var expected = 0
      for start in stride(from: 0, to: queries, by: granule) {
        expected += granule * (keys - queries + start + granule)
      }
      let pairs = AttentionFit.pairs(
        queries: Double(queries), keys: Double(keys), causal: true, granule: Double(granule))
      #expect(pairs == Double(expected))
      let all = AttentionFit.pairs(
        queries: Double(queries), keys: Double(keys), causal: false, granule: Double(granule))
      #expect(all == Double((queries + granule - 1) / granule * granule * keys))
    }
  }

  @Test func oneQueryBehindALongCacheIsBoundByMemory() throws {
    for name in ["h100-sxm-80gb", "a100-sxm-80gb"] {
      let model = DeviceModel(
        specification: try .builtIn(named: name),
        shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.9, kneeSharpness: 3.3), detail: .shipped)
      let shape = try AttentionShape(
        batch: 64, heads: 8, keyValueHeads: 1, headDimension: 128, queryLength: 1, keyLength: 8192, causal: true)
      let time = try model.predict(.attention(shape, .bf16))
      let least = shape.bytes(.bf16) / model.specification.memoryBandwidth.value
      #expect(time.bound == .memory)
      #expect(time.seconds > least && time.seconds < 3 * least)
    }
  }

  @Test func timeGrowsWithTheQueriesBehindACache() throws {
    let model = DeviceModel(
      specification: try .builtIn(named: "h100-sxm-80gb"),
      shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.9, kneeSharpness: 3.3), detail: .shipped)
    var last = 0.0
    for queries in [1, 2, 8, 9, 64, 100, 128, 500, 1024, 4096] {
      let shape = try AttentionShape(
        batch: 4, heads: 8, keyValueHeads: 1, headDimension: 128, queryLength: queries, keyLength: 4096, causal: true)
      let time = try model.predict(.attention(shape, .bf16)).seconds
      #expect(time >= last)
      last = time
    }
  }
}
