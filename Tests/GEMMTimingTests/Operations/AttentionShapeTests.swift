import GEMMTiming
import Testing

@Suite struct AttentionShapeTests {
  private func shape(
    batch: Int = 1, heads: Int = 1, keyValueHeads: Int = 1, headDimension: Int = 1, queries: Int = 1, keys: Int = 1,
    causal: Bool = false
  ) throws -> AttentionShape {
    try AttentionShape(
      batch: batch, heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension, queryLength: queries,
      keyLength: keys, causal: causal)
  }

  /// Query i of q stands at position k − q + i, and sees the keys at positions up to its own.
  @Test(arguments: 1..<12, 1..<12)
  func pairsAreThoseOfTheMask(queries: Int, keys: Int) throws {
    var seen = 0
    for query in 0..<queries { for key in 0..<keys where key <= keys - queries + query { seen += 1 } }
    #expect(try shape(batch: 3, heads: 5, queries: queries, keys: keys, causal: true).pairs == Double(15 * seen))
    #expect(
      try shape(batch: 3, heads: 5, queries: queries, keys: keys, causal: false).pairs
        == Double(15 * queries * keys))
  }

  @Test func decodingSeesTheWholeCache() throws {
    #expect(try shape(queries: 1, keys: 4096, causal: true).pairs == 4096)
  }

  @Test func flopsAndBytesAreThoseOfTheTwoProducts() throws {
    let attention = try shape(batch: 2, heads: 8, keyValueHeads: 2, headDimension: 16, queries: 32, keys: 64)
    let scores = try GEMMShape(m: 32, k: 16, n: 64, batch: 16)
    let weighted = try GEMMShape(m: 32, k: 64, n: 16, batch: 16)
    #expect(attention.flops == scores.flops + weighted.flops)
    let (queries, keys) = (2 * 8 * 32 * 16, 2 * 2 * 64 * 16)
    #expect(attention.bytes(.bf16) == Double(2 * (2 * queries + 2 * keys)))
  }

  @Test func illegalExtentsAreNamed() {
    #expect(throws: ShapeError(dimension: "batch", value: 0)) { try shape(batch: 0) }
    #expect(throws: ShapeError(dimension: "heads", value: -1)) { try shape(heads: -1) }
    #expect(throws: ShapeError(dimension: "keyValueHeads", value: 0)) { try shape(keyValueHeads: 0) }
    #expect(throws: ShapeError(dimension: "headDimension", value: Int.max)) { try shape(headDimension: .max) }
    #expect(throws: ShapeError(dimension: "queryLength", value: 0)) { try shape(queries: 0) }
    #expect(throws: ShapeError(dimension: "keyLength", value: Int.min)) { try shape(keys: .min) }
  }

  @Test func theLargestShapeIsFinite() throws {
    let limit = GEMMShape.maximumExtent
    let largest = try shape(
      batch: limit, heads: limit, keyValueHeads: limit, headDimension: limit, queries: limit, keys: limit, causal: true)
    #expect(largest.flops.isFinite && largest.bytes(.fp32).isFinite)
  }
}
