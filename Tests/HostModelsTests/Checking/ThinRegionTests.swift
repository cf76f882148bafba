import GEMMTiming
import LinearSolvers
import Testing

@testable import HostModels

@Suite struct ThinRegionTests {
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

  @Test func describesTheBlocking() throws {
    let lines = try PlantedHost.model.get().blocking
    #expect((1...2).contains(lines.count))
    #expect(lines.allSatisfy { $0.contains("panels of") && $0.contains("deep") })
  }

  @Test func limitsAreThePlantedOnes() throws {
    let model = try PlantedHost.model.get()
    #expect(abs(model.ceilings.sustainedFlops / 1e11 - 1) < 0.05)
    #expect(abs((model.ceilings.sustainedBandwidth ?? 0) / 10e9 - 1) < 0.01)
    #expect((1...8).contains(model.rooflineShape.kneeSharpness))
    #expect(model.rooflineShape.computeFraction > 0.8 && model.rooflineShape.computeFraction <= 1)
  }
}
