import GEMMTiming
import LinearSolvers
import SeededRandom
import Testing

@testable import RooflineModels

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

  /// Two threads on cores whose first caches have 48 KiB: rows that still lie there cost more to hand over.
  ///
  /// Other terms alone miss by 0.018.
  @Test func piecesInAFirstCacheCostWhatTheyCost() throws {
    let error = try meanError { m, k, n in
      let rows = (m / 4).rounded(.up)
      let depth = Self.geometry.blockDepth(k)
      return 2e-10 * m * k * (4 * rows * depth < 49_152 ? 1 : 0)
    }
    #expect(error < 0.012)
  }

  /// Rows of C of which a thread's part is short: the other core has fetched ahead into all of it.
  ///
  /// Other terms alone miss by 0.009.
  @Test func rowsThatAnotherCoreReachesIntoCostWhatTheyCost() throws {
    let error = try meanError { m, k, n in
      let part = 4 * (n / 2).rounded(.up)
      return 2e-10 * m * part * max(0, 1 - part / 1024)
    }
    #expect(error < 0.002)
  }

  /// The mean relative error on other rows of a path fitted to products of 10⁻¹¹ s a multiply-add, and what `extra` says.
  private func meanError(_ extra: (Double, Double, Double) -> Double) throws -> Double {
    var generator = SplitMix64(seed: 12)
    var rows: [FitRow] = []
    for _ in 0..<900 {
      let (m, k, n) = (
        Int.random(in: 24...400, using: &generator), Int.random(in: 60...700, using: &generator),
        32 * Int.random(in: 1...32, using: &generator)
      )
      let (x, y, z) = (Double(m), Double(k), Double(n))
      let time = 4e-6 + 1e-11 * x * y * z + extra(x, y, z)
      rows.append(FitRow(shape: try GEMMShape(m: m, k: k, n: n), seconds: time, noise: nil, shortest: time))
    }
    let path = try CodePath.fit(Array(rows[..<600]), geometry: Self.geometry, elementSize: 4, solver: PortableSolver())
    return rows[600...].reduce(0) {
      $0 + abs(path.seconds(m: $1.m, k: $1.k, n: $1.n, elementSize: 4) / $1.seconds - 1)
    } / 300
  }
}
