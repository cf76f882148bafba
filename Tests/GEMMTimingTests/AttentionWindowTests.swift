import Testing

@testable import GEMMTiming

@Suite struct AttentionWindowTests {
  /// Pair by pair: position i of all sees those up to itself, within its window or its stretch.
  @Test func windowsLeaveThePairsThatAreCounted() throws {
    for window in [1, 3, 4, 7, 12, 40] {
      for isChunked in [false, true] {
        for (queries, keys) in [(12, 12), (1, 12), (5, 12), (12, 5)] {
          let shape = try AttentionShape(
            batch: 2, heads: 3, keyValueHeads: 1, headDimension: 8, queryLength: queries, keyLength: keys,
            causal: true, window: window, isChunked: isChunked)
          var pairs = 0
          for query in max(0, keys - queries)..<keys {
            for key in 0...query {
              pairs += (isChunked ? query / window == key / window : query - key < window) ? 1 : 0
            }
          }
          #expect(abs(shape.pairs - Double(6 * pairs)) < 1e-9, "\(window) \(isChunked) \(queries) \(keys)")
        }
      }
    }
  }

  @Test func cachedElementsHaveTheirOwnSize() throws {
    let shape = try AttentionShape(
      batch: 1, heads: 4, keyValueHeads: 2, headDimension: 8, valueDimension: 4, queryLength: 1, keyLength: 10,
      causal: true, cachedSize: 1)
    #expect(shape.bytes(.bf16) == 2 * 4 * 12 + 2 * 10 * 12)
    #expect(shape.flops == 2 * 10 * 4 * 12)
  }
}
