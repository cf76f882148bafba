import GEMMTiming
import LinearSolvers
import SeededRandom
import Testing

@testable import HostModels

/// What a kernel without packing goes through, and what of it shows.
@Suite struct DirectProductTests {
  private static let geometry = BlockGeometry(
    rowPanels: BlockGeometry.stripRows, columnPanels: BlockGeometry.wholeVectors, depth: 256, rest: .innerProducts)

  private static func product(_ m: Int, _ k: Int, _ n: Int) -> DirectProduct {
    DirectProduct(BlockCut(m: Double(m), k: Double(k), n: Double(n), geometry: geometry), elementSize: 4)
  }

  /// Counted over the sixteen ways in which rows of n floats may begin in a line.
  @Test func stripsOfWholeVectorsTouchTheLinesThatTheyTouch() {
    for n in 64...200 {
      var lines = 0
      for row in 0..<16 {
        let first = row * n
        lines += (first + 63) / 16 - first / 16 + 1
      }
      #expect(Self.product(8, 40, n).lines(strip: 0) == min(Double(lines) / 16, Double(n) / 16), "\(n)")
    }
  }

  @Test func vectorsAndBlocksCoverTheColumns() {
    for n in 1...200 {
      for k in [8, 40] {
        let product = Self.product(7, k, n)
        let vectors = product.wideVectors + product.narrowVectors
        let columns = product.cut.innerColumns
        #expect(columns == zip(product.innerBlocks, [4.0, 2, 1]).reduce(0) { $0 + $1.0 * $1.1 })
        #expect(vectors * 16 + columns >= Double(n) && (vectors - 1) * 16 + columns < Double(n), "\(k) \(n)")
      }
    }
  }

  @Test func everyShapeHasAsManyTermsAndNoneIsNegative() {
    var generator = SplitMix64(seed: 10)
    let count = CodePath.termCount(Self.geometry)
    for _ in 0..<500 {
      let (m, k, n) = (
        Int.random(in: 1...300, using: &generator), Int.random(in: 1...300, using: &generator),
        Int.random(in: 1...300, using: &generator)
      )
      let terms = CodePath.terms(
        m: Double(m), k: Double(k), n: Double(n), geometry: Self.geometry, elementSize: 4)
      #expect(terms.count == count && terms.allSatisfy { $0 >= 0 && $0.isFinite }, "\(m) \(k) \(n)")
    }
  }

  /// Columns that whole vectors hold, or that are more than half of one, cost no inner products, and others do.
  @Test func innerProductsCostWhereThereAre() {
    for (k, n) in [(100, 64), (100, 75), (31, 65), (100, 65), (32, 8), (200, 21)] {
      var sum = 0.0
      CodePath.visitInnerProducts(Self.product(9, k, n)) { group, term in
        if group == .innerProducts { sum += term }
      }
      let isInner = k >= 32 && n % 16 > 0 && n % 16 <= 8
      #expect((sum > 0) == isInner, "\(k) \(n)")
    }
  }

  /// A kernel that takes the longer of two times for each vector of C: its products' or its store's.
  @Test func whatProductsHideOfStoresIsFound() throws {
    func seconds(_ m: Double, _ k: Double, _ n: Double) -> Double { 2e-8 + m * n / 16 * max(2e-10 * k, 2.4e-9) }
    var generator = SplitMix64(seed: 9)
    var rows: [FitRow] = []
    for _ in 0..<500 {
      let (m, k, n) = (
        6 * Int.random(in: 1...40, using: &generator), Int.random(in: 1...90, using: &generator),
        16 * Int.random(in: 1...3, using: &generator)
      )
      let time = seconds(Double(m), Double(k), Double(n))
      rows.append(FitRow(shape: try GEMMShape(m: m, k: k, n: n), seconds: time, noise: nil, shortest: time))
    }
    let path = try CodePath.fit(rows, geometry: Self.geometry, elementSize: 4, solver: PortableSolver())
    func meanError(_ predicted: (FitRow) -> Double) -> Double {
      rows.reduce(0) { $0 + abs(predicted($1) / $1.seconds - 1) } / Double(rows.count)
    }
    let straight = try NonNegativeLeastSquares.relativeFit(
      rows.map { [1, $0.m * $0.n, $0.m * $0.n * $0.k] }, seconds: rows.map(\.seconds), solver: PortableSolver())
    let (bent, line) = (
      meanError { path.seconds(m: $0.m, k: $0.k, n: $0.n, elementSize: 4) },
      meanError { straight[0] + straight[1] * $0.m * $0.n + straight[2] * $0.m * $0.n * $0.k }
    )
    #expect(bent < 0.01 && line > 5 * bent, "\(bent) beside \(line) of a straight line")
  }
}
