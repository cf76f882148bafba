import GEMMTiming
import LinearSolvers
import Testing

@testable import HostModels

@Suite struct TableQualityTests {
  /// Rows of the planted host beside a thread that waited for so much of the time.
  private func table(_ count: Int, waited: Double? = nil, noise: Double = 0.02) throws -> TimingTable {
    var host = PlantedHost()
    host.noise = noise
    var rows = host.rows(try host.shapes(count, seed: 1), seed: 2) + (try host.streaming())
    if let waited { for index in rows.indices { rows[index].other["waited"] = "\(waited)" } }
    return TimingTable(rows: rows, otherColumns: waited == nil ? [] : ["waited"])
  }

  private func quality(_ table: TimingTable) throws -> TableQuality {
    TableQuality(
      try FittedModel.fit(table, solver: PortableSolver(), options: FitOptions(folds: 4, searchesBlocking: false)),
      rows: table)
  }

  @Test func aGoodTableIsFit() throws {
    #expect(try quality(table(100)).isFit)
    #expect(try quality(table(100, waited: 0.02)).isFit)
  }

  @Test func fewShapesAreNot() throws {
    let defects = try quality(table(40)).defects
    guard case .fewShapes(_, 40)? = defects.first else {
      Issue.record("\(defects)")
      return
    }
    #expect("\(defects[0])".contains("40 shapes were measured; 64 are the least"))
  }

  @Test func aMachineThatOthersHeldIsNot() throws {
    let defects = try quality(table(100, waited: 0.62)).defects
    #expect(defects.count == 1 && "\(defects[0])".contains("other programs held the cores for 62 % of the time"))
  }

  @Test func aFitThatMissesIsNot() throws {
    let defects = try quality(table(100, noise: 0.8)).defects
    #expect(
      defects.contains {
        if case .unpredictable(_, let error, let noise) = $0 { error > 0.25 && (noise ?? 0) > 0.25 } else { false }
      }, "\(defects)")
  }

  @Test func passesFarBelowTheFastestAreNot() throws {
    var spoilt = try table(100)
    // One reading of a clock that jumped: the fastest pass is fifty times the others.
    let large = try #require(spoilt.rows.lastIndex { $0.routine == .copy })
    spoilt.rows[large].seconds /= 50
    let defects = try quality(spoilt).defects
    #expect(
      defects.contains { if case .lowBandwidth(_, let fraction) = $0 { fraction < 0.3 } else { false } }, "\(defects)")
  }

  /// Operands in memory have few rows by design, and are not judged.
  @Test func coldRowsDoNotCount() throws {
    var both = try table(100)
    for row in both.rows.prefix(20) {
      var cold = row
      cold.cache = .cold
      both.rows.append(cold)
    }
    #expect(try quality(both).isFit)
  }
}
