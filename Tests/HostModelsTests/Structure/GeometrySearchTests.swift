import GEMMTiming
import LinearSolvers
import Testing

@testable import HostModels

@Suite struct GeometrySearchTests {
  /// Rows whose time is that of whole register panels of 12 rows, with a dearer path for small products.
  private func rows(smallFactor: Double) throws -> [FitRow] {
    try PlantedHost().shapes(150, seed: 21).map { shape in
      let (m, k, n) = (Double(shape.m), Double(shape.k), Double(shape.n))
      let counts = BlockGeometry.counts(m, [12, 4, 2, 1])
      let perPanel = [12.0, 7, 5, 4]
      let work = zip(counts, perPanel).reduce(0) { $0 + $1.0 * $1.1 } * k * n * 1e-11 + 1e-7
      let seconds = m * k * n <= 1e6 ? work * smallFactor : work
      return FitRow(shape: shape, seconds: seconds, noise: nil, shortest: seconds)
    }
  }

  @Test func findsThePanelsAndTheThreshold() throws {
    let choices = [[4, 2, 1], [12, 4, 2, 1]]
    let parted = try GeometrySearch(
      rows(smallFactor: 3), elementSize: 4, panelChoices: choices, solver: PortableSolver()
    ).best()
    #expect(parted.threshold == 1e6)
    #expect(parted.small != nil)
    let single = try GeometrySearch(
      rows(smallFactor: 1), elementSize: 4, panelChoices: choices, solver: PortableSolver()
    ).best()
    #expect(single.large.rowPanels == [12, 4, 2, 1])
    #expect(single.small == nil)
  }

  @Test func countsPanels() {
    #expect(BlockGeometry.counts(27, [12, 4, 2, 1]) == [2, 0, 1, 1])
    #expect(BlockCut.shares([2, 0, 1, 1]) == [0, 0.25, 0.25])
    for panels in BlockGeometry.panelChoices {
      for extent in 1...100 {
        let covered = zip(BlockGeometry.counts(Double(extent), panels), panels).reduce(0) { $0 + $1.0 * Double($1.1) }
        #expect(covered == Double(extent))
      }
    }
  }
}
