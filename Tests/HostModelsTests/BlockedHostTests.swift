import Foundation
import GEMMTiming
import LinearSolvers
import Testing

@testable import HostModels

/// A host with tiles, packing, caches, thresholds, crowded sets and a neighbour: what a plain model cannot be fitted to.
@Suite struct BlockedHostTests {
  private static let rows = Result { BlockedHost().rows(try BlockedHost().shapes(420, seed: 1), seed: 2) }
  private static let unseen = Result { try BlockedHost().shapes(300, seed: 3) }
  private static let fitted: Result<FittedModel, any Error> = Result {
    let table = TimingTable(rows: try rows.get())
    return try FittedModel(
      fitting: table, group: MeasuredGroup(table.rows[0]), solver: PortableSolver(), options: FitOptions(folds: 3))
  }

  private func errors(_ shapes: [GEMMShape], _ predict: (GEMMShape) throws -> Double) rethrows -> [Double] {
    try shapes.map { abs(try predict($0) / BlockedHost().seconds($0) - 1) }
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  /// Fixed cost, multiply-adds, and an element of each operand.
  @Test func fiveTermsFail() throws {
    func terms(_ shape: GEMMShape) -> [Double] {
      let (m, k, n) = (Double(shape.m), Double(shape.k), Double(shape.n))
      return [1, m * k * n, m * k, k * n, m * n]
    }
    let rows = try Self.rows.get()
    let costs = try NonNegativeLeastSquares.relativeFit(
      rows.map { terms($0.shape) }, seconds: rows.map(\.seconds), solver: PortableSolver())
    let errors = errors(try Self.unseen.get()) { shape in
      zip(costs, terms(shape)).reduce(0) { $0 + $1.0 * $1.1 }
    }
    #expect(mean(errors) > 0.12, "\(mean(errors))")
  }

  @Test func theFitFindsWhatIsPlanted() throws {
    let model = try Self.fitted.get()
    #expect(model.structure.threshold == BlockedHost.threshold)
    let errors = try errors(Self.unseen.get()) { try model.predict($0, .fp32).seconds }
    #expect(mean(errors) < 0.05, "\(mean(errors))")
    #expect(errors.sorted()[285] < 0.15, "\(errors.sorted()[285])")
  }

  /// Times without noise lie in intervals that were calibrated on disturbed rows; those of clean rows do at 90 %.
  @Test func intervalsCoverNewMeasurements() throws {
    let model = try Self.fitted.get()
    let rows = BlockedHost().rows(try Self.unseen.get(), seed: 4)
    let covered = try rows.count { row in
      let prediction = try model.predict(row.shape, .fp32)
      return prediction.low <= row.seconds && row.seconds <= prediction.high
    }
    #expect((240...297).contains(covered), "\(covered) of 300")
  }

  /// What the structure says without the terms of tiles and of caches: each is missed.
  ///
  /// Those of packing have a stand-in, what operands beyond the smallest cache cost.
  @Test(arguments: [TermGroup.tiles, .caches])
  func eachGroupOfTermsIsMissed(group: TermGroup) throws {
    let rows = try FitRow.pooled(try Self.rows.get())
    let geometry = try Self.fitted.get().structure.geometry
    func error(without: Set<TermGroup>) throws -> Double {
      let structure = try StructuralModel.fit(
        rows, geometry: geometry, elementSize: 4, without: LeftOut(terms: without), solver: PortableSolver())
      return mean(
        errors(try Self.unseen.get()) { structure.seconds(m: Double($0.m), k: Double($0.k), n: Double($0.n)) })
    }
    let (with, without) = (try error(without: []), try error(without: [group]))
    #expect(without > 1.05 * with, "\(group.title): \(with), \(without)")
  }
}
