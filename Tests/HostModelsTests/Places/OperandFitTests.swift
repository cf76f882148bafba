import DataFiles
import Foundation
import GEMMTiming
import LinearSolvers
import ModelStatistics
import Testing

@testable import HostModels

/// A planted host whose weights come from memory at 8 GB/s, and whose A·Bᵀ takes a planted share more with few rows.
@Suite struct OperandFitTests {
  private static func extra(_ shape: GEMMShape) -> Double { 4 * Double(shape.k) * Double(shape.n) / 8e9 }
  private static func turned(_ shape: GEMMShape) -> Double { 1 + 0.8 / (1 + Double(shape.m) / 8) }

  private static func table() throws -> TimingTable {
    let host = PlantedHost(noise: 0.01)
    let hot = host.rows(try host.shapes(150, seed: 1), seed: 2)
    var rows = hot + (try host.streaming())
    for (seed, cache, layout) in [(UInt64(3), TimingRow.CacheState.sequence, OperandLayout.nn), (4, .hot, .nt)] {
      rows += host.rows(try host.shapes(120, seed: seed), seed: seed + 10).map { row in
        var row = row
        (row.cache, row.layout) = (cache, layout)
        let factor =
          cache == .sequence ? 1 + extra(row.shape) / host.seconds(row.shape) : turned(row.shape)
        row.seconds *= factor
        row.low = row.low.map { $0 * factor }
        row.high = row.high.map { $0 * factor }
        row.minimum = row.minimum.map { $0 * factor }
        return row
      }
    }
    return TimingTable(rows: rows)
  }

  private static let models: Result<[FittedModel], any Error> = Result {
    try FittedModel.fit(table(), solver: PortableSolver(), options: FitOptions(folds: 5, searchesBlocking: false))
  }

  @Test func oneModelWithAFitBesideForEachPlaceAndLayout() throws {
    let models = try Self.models.get()
    #expect(models.map(\.group.layout) == [.nn] && models.map(\.group.cache) == [.hot])
    #expect(models[0].operands.map(\.group.operands) == ["sequence, A·B", "hot, A·Bᵀ"])
    for fit in models[0].operands {
      let error = try #require(fit.crossValidation.statistics())
      #expect(error.mean < 0.06 && error.coverage > 0.8, "\(fit.group): \(error)")
    }
  }

  @Test func unseenShapesTakeWhatWasPlanted() throws {
    let (model, host) = (try Self.models.get()[0], PlantedHost())
    var (errors, ignored, covered) = (0.0, 0.0, 0)
    let shapes = try host.shapes(200, seed: 9)
    for shape in shapes {
      let truth = host.seconds(shape) + Self.extra(shape)
      let time = model.gemm(shape, cache: .sequence, layout: .nn)
      errors += abs(log(time.seconds / truth))
      ignored += abs(log(model.gemm(shape).seconds / truth))
      if (time.low...time.high).contains(truth) { covered += 1 }
      let other = model.gemm(shape, cache: .hot, layout: .nt).seconds
      #expect(abs(log(other / (host.seconds(shape) * Self.turned(shape)))) < 0.6)
    }
    #expect(errors / 200 < 0.06, "\(errors / 200)")
    #expect(errors < ignored / 3)
    #expect(covered >= 160, "\(covered)")
  }

  @Test func aModelIsReadBackBitByBit() throws {
    let models = try Self.models.get()
    #expect(try FittedModel.models(FittedModel.json(models), file: "m.json") == models)
  }

  @Test func aStepAsksForWeightsFromAfarAndForActivationsNear() throws {
    let model = try Self.models.get()[0]
    let shape = try GEMMShape(m: 4, k: 1000, n: 700)
    let step = PlacedHost(model, cache: .sequence, weights: .inOut)
    #expect(
      try step.predict(.gemm(shape, .fp32, .weight)) == model.gemm(shape, cache: .sequence, layout: .nn))
    #expect(try step.predict(.gemm(shape, .fp32, .activations)) == model.gemm(shape))
    #expect(try step.predict(.gemm(shape, .fp32, .scores)) == model.gemm(shape, cache: .hot, layout: .nt))
    // With weights as [out, in] no row tells of A·Bᵀ from afar: A·B does, and that is said.
    let turned = PlacedHost(model, cache: .sequence, weights: .outIn)
    #expect(
      try turned.predict(.gemm(shape, .fp32, .weight)) == model.gemm(shape, cache: .sequence, layout: .nn))
    #expect(turned.gaps == ["no rows of A·Bᵀ, sequence: A·B, sequence, answers"])
    #expect(step.gaps.isEmpty)
  }

  @Test func groupsWithoutABaseHaveFitsOfTheirOwn() throws {
    var table = try Self.table()
    table.rows.removeAll { $0.cache == .hot }
    let models = try FittedModel.fit(
      table, solver: PortableSolver(), options: FitOptions(folds: 2, learnsRemainder: false, searchesBlocking: false))
    #expect(models.map(\.group.operands) == ["sequence, A·B"])
  }
}
