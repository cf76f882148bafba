import GEMMTiming
import LinearSolvers
import Testing

@testable import RooflineModels

@Suite struct FitReportTests {
  @Test func namesErrorsPlacementsAndStructure() throws {
    let model = try PlantedHost.model.get()
    let report = model.report(worstCount: 4)
    #expect(report.shapes == 120)
    #expect(report.regimes.first?.regime == .all && report.regimes.first?.error.count == 120)
    #expect(report.placements.reduce(0) { $0 + $1.count } == 120)
    #expect(report.placements.allSatisfy { $0.bounds.values.reduce(0, +) == $0.count })
    #expect(report.placements.allSatisfy { $0.shareOfPeak > 0 && $0.shareOfPeak <= 1.001 })
    // 8 bytes cost 0.4 ns and an operation 0.01 ns: rows of high intensity are the ones near the peak.
    #expect((report.placements.last?.shareOfPeak ?? 0) > (report.placements.first?.shareOfPeak ?? 1))
    #expect(report.worst.count == 4)
    #expect(report.structure.allSatisfy { $0.contains("panels of") })
    #expect(abs(report.ceilings.sustainedFlops / 1e11 - 1) < 0.05)
    #expect(abs((report.ceilings.sustainedBandwidth ?? 0) / 10e9 - 1) < 0.01)
    #expect((1...8).contains(report.rooflineShape.kneeSharpness))
  }

  @Test func findsWhereRowsAreMissing() throws {
    let host = PlantedHost()
    let table = TimingTable(rows: host.rows(try host.shapes(60, seed: 8, m: 101...4096), seed: 2))
    let model = try FittedModel(
      fitting: table, group: MeasuredGroup(table.rows[0]), solver: PortableSolver(),
      options: FitOptions(folds: 2, learnsRemainder: false, searchesBlocking: false))
    let regions = model.thinRegions(limit: 50)
    #expect(!regions.isEmpty)
    // Nothing was measured up to m = 100, so every cell there is thin.
    let few = regions.filter { $0.m.upperBound <= 100 }
    #expect(few.count >= 8 && few.allSatisfy { $0.rows == 0 })
    for region in regions {
      #expect(!region.suggestedShapes.isEmpty || region.rows > 0)
      for shape in region.suggestedShapes {
        #expect(region.m.contains(shape.m) && region.k.contains(shape.k) && region.n.contains(shape.n))
      }
    }
    #expect(model.thinRegions(limit: 2).count == 2 && model.thinRegions(limit: -1).isEmpty)
  }
}
