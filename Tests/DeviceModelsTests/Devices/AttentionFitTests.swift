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

  @Test func aPassBeforeTakesItsBytes() throws {
    let device = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    var serving = try #require(device.attentionFits.selected(by: "serving"))
    let shape = try AttentionShape(
      batch: 2, heads: 8, keyValueHeads: 2, headDimension: 128, queryLength: 512, keyLength: 512, causal: true)
    let with = serving.time(shape, bytes: shape.bytes(.bf16), peak: 1e15, on: device).seconds
    let fraction = serving.passFraction
    serving.passFraction = 0
    let without = serving.time(shape, bytes: shape.bytes(.bf16), peak: 1e15, on: device).seconds
    // Q of 8 heads, K and V of 2 each, read and written at two bytes an element.
    let bytes = Double(2 * 2 * 2 * 512 * 128 * (8 + 2 + 2))
    let expected = bytes / (fraction * device.memoryBandwidth.value)
    #expect(abs((with - without) / expected - 1) < 1e-9)
  }

  @Test func aLibraryWithoutRowsOfOneQueryGrowsWithTheCacheAsAnotherDoes() throws {
    let device = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    let cudnn = try #require(device.attentionFits.selected(by: "cudnn"))
    let serving = try #require(device.attentionFits.selected(by: "serving"))
    #expect(serving.decoding == nil)
    func seconds(_ fit: AttentionFit, keys: Int) throws -> Double {
      let shape = try AttentionShape(
        batch: 16, heads: 8, keyValueHeads: 1, headDimension: 128, queryLength: 1, keyLength: keys, causal: true)
      return fit.time(shape, bytes: shape.bytes(.bf16), peak: 9.9e14, on: device).seconds
    }
    let (first, usual) = (try seconds(serving, keys: 1), try seconds(cudnn, keys: 1))
    #expect(first > usual)
    var blocks = serving
    blocks.borrowedDecoding = nil
    var last = 0.0
    var borrowed = 0
    for keys in [1, 2, 64, 100, 1000, 4096, 20_000, 100_000] {
      let time = try seconds(serving, keys: keys)
      let growth = try seconds(cudnn, keys: keys) - usual
      let own = try seconds(blocks, keys: keys)
      #expect(time >= last)
      #expect(abs(time - min(own, first + growth)) < 1e-12)
      borrowed += time < own ? 1 : 0
      last = time
    }
    #expect((1..<8).contains(borrowed))
  }

  @Test func theLibraryThatIsNamedBecomesTheUsualOne() throws {
    let device = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    #expect(device.attentionKernels == ["cudnn", "flash", "serving"])
    #expect(device.using(attentionKernel: "vllm")?.attentionKernels == ["serving", "cudnn", "flash"])
    #expect(device.using(attentionKernel: "flash")?.attentionFits.selected(by: nil)?.name == "flash")
    #expect(device.using(attentionKernel: "cudnn")?.attentionKernels == device.attentionKernels)
    #expect(device.using(attentionKernel: "xformers") == nil)
  }
}
