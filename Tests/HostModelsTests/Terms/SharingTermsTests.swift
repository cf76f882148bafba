import SeededRandom
import Testing

@testable import HostModels

/// What threads pay for sharing a product.
@Suite struct SharingTermsTests {
  private static let geometry = BlockGeometry(
    rowPanels: [12, 4, 2, 1], columnPanels: [16, 8, 4, 2, 1], depth: 320, sharing: 2)

  @Test func everyShapeHasAsManyTermsAndNoneIsNegative() {
    var generator = SplitMix64(seed: 11)
    let count = CodePath.termCount(Self.geometry)
    for index in 0..<600 {
      let most = index.isMultiple(of: 10) ? 70000 : 300
      let (m, k, n) = (
        Int.random(in: 1...most, using: &generator), Int.random(in: 1...most, using: &generator),
        Int.random(in: 1...most, using: &generator)
      )
      let terms = CodePath.terms(m: Double(m), k: Double(k), n: Double(n), geometry: Self.geometry, elementSize: 4)
      #expect(terms.count == count && terms.allSatisfy { $0 >= 0 && $0.isFinite }, "\(m) \(k) \(n)")
    }
  }

  /// Against the loop that cuts k: a whole depth while two are left, then halves of what is left, if it is more than one.
  @Test func theDeepestBlockIsTheOneOfTheLoop() {
    for k in 1...2000 {
      var (left, deepest) = (k, 0)
      while left > 0 {
        let depth = Self.geometry.depth
        let step = left >= 2 * depth ? depth : left > depth ? (left + 1) / 2 : left
        deepest = max(deepest, step)
        left -= step
      }
      #expect(Self.geometry.blockDepth(Double(k)) == Double(deepest), "\(k)")
    }
  }

  /// Against the lines that the first columns of the second thread lie in, over sixteen rows.
  @Test func threadsContendWhereALineHasTwoWriters() {
    for n in 1...200 {
      let cut = BlockCut(m: 50, k: 40, n: Double(n), geometry: Self.geometry)
      let isSplit = (0..<16).contains { row in (row * n + (n + 1) / 2) % 16 != 0 }
      let contends = CodePath.contendsForLines(cut, Double(n), geometry: Self.geometry, elementSize: 4)
      #expect(contends == (cut.sharesColumns && isSplit), "\(n)")
    }
  }
}
