import GEMMTiming
import LinearSolvers
import ModelStatistics
import Testing

@testable import HostModels

@Suite struct AblationTests {
  private static let options = FitOptions(folds: 2, learnsRemainder: false, searchesBlocking: false)

  private static func table() throws -> TimingTable {
    let host = PlantedHost(noise: 0.005)
    return TimingTable(rows: host.rows(try host.shapes(80, seed: 1), seed: 2))
  }

  @Test func eachGroupIsLeftOutOnceAndTheIdleOnesTogether() throws {
    let table = try Self.table()
    let group = MeasuredGroup(table.rows[0])
    let ablation = try Ablation(table, group: group, solver: PortableSolver(), options: Self.options)
    let fit = try FittedModel(fitting: table, group: group, solver: PortableSolver(), options: Self.options)
    let whole = try #require(ablation.parts.first)
    #expect(whole.name == "nothing" && whole.terms == 0)
    // It is the fit's own held-out test.
    let own = try #require(fit.crossValidation.statistics())
    #expect(abs(whole.all.mean - own.mean) < 1e-9 && whole.all.coverage == own.coverage)

    let groups = Set(CodePath.groups(fit.structure.large.geometry))
    let others = ablation.parts.filter { part in FitPart.allCases.contains { $0.title == part.name } }
    // Without a process and a second path there is nothing to leave out of them.
    #expect(Set(others.map(\.name)) == Set([FitPart.blocking, .anchors].map(\.title)))
    #expect(others.allSatisfy { $0.terms == 0 })
    let alone = ablation.parts.dropFirst().filter { !$0.name.hasPrefix("also ") && $0.terms > 0 }
    #expect(Set(alone.map(\.name)) == Set(groups.map(\.title)) && alone.count == groups.count)
    #expect(alone.reduce(0) { $0 + $1.terms } == CodePath.termCount(fit.structure.large.geometry))
    // The planted host takes 10 ps a flop: without multiply-adds little is left to tell that by.
    let tiles = try #require(alone.first { $0.name == TermGroup.tiles.title })
    #expect(tiles.all.mean > whole.all.mean + 0.05)

    let together = ablation.parts.filter { $0.name.hasPrefix("also ") }
    #expect(!together.isEmpty && !together.contains { $0.name == "also " + TermGroup.tiles.title })
    for (part, next) in zip(together, together.dropFirst()) { #expect(part.terms < next.terms) }
    #expect(together.allSatisfy { $0.all.mean - whole.all.mean < Ablation.least })
  }

  @Test func titlesAreDifferent() {
    let titles = TermGroup.allCases.map(\.title) + FitPart.allCases.map(\.title)
    #expect(Set(titles).count == titles.count)
    #expect(TermGroup.fixed.kind == .fixed && TermGroup.tiles.kind == .compute && TermGroup.caches.kind == .memory)
  }

  @Test func tooFewRowsAreSaid() throws {
    var table = try Self.table()
    table.rows = Array(table.rows.prefix(5))
    #expect(throws: FitError.self) {
      try Ablation(table, group: MeasuredGroup(table.rows[0]), solver: PortableSolver(), options: Self.options)
    }
  }
}
