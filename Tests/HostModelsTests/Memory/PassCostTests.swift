import DataFiles
import Foundation
import GEMMTiming
import LinearSolvers
import Testing

@testable import HostModels

/// Planted passes: 0.2 µs a call, 30 ns a row and 2 ns an element of a softmax; a residual that costs what a copy does.
@Suite struct PassCostTests {
  private static func seconds(_ rows: Int, _ width: Int) -> Double {
    2e-7 + 3e-8 * Double(rows) + 2e-9 * Double(rows) * Double(width)
  }

  private static func rows() throws -> [TimingRow] {
    try [1, 12, 128, 1024].flatMap { rows in
      try [64, 256, 1024].map { width in
        TimingRow(
          routine: .softmax, device: "planted", dtype: .fp32, shape: try GEMMShape(m: rows, k: 1, n: width),
          seconds: seconds(rows, width), threads: 1, cache: .hot)
      }
    }
  }

  @Test func unseenPassesTakeWhatWasPlanted() throws {
    let fits = try PassCost.fit(Self.rows(), solver: PortableSolver())
    #expect(fits.map(\.kind) == [.softmax])
    for (rows, width) in [(3, 100), (64, 512), (500, 2000)] {
      let shape = try GEMMShape(m: rows, k: 1, n: width)
      let told = fits[0].seconds(TimingRow.Routine.softmax.traffic(shape, .fp32))
      #expect(abs(told / Self.seconds(rows, width) - 1) < 0.02, "\(rows)×\(width)")
    }
    // Two rows tell no costs.
    #expect(try PassCost.fit(Array(Self.rows().prefix(2)), solver: PortableSolver()).isEmpty)
  }

  @Test func aHostAnswersByTheKindAndElseByItsStreams() throws {
    let host = PlantedHost()
    let table = TimingTable(
      rows: host.rows(try host.shapes(40, seed: 1), seed: 2) + (try host.streaming()) + (try Self.rows()))
    let models = try FittedModel.fit(
      table, solver: PortableSolver(), options: FitOptions(folds: 2, learnsRemainder: false, searchesBlocking: false))
    let traffic = TimingRow.Routine.softmax.traffic(try GEMMShape(m: 100, k: 1, n: 500), .fp32)
    let time = try models[0].predict(.memory(traffic))
    #expect(abs(time.seconds / Self.seconds(100, 500) - 1) < 0.03)
    #expect(time.low < time.seconds && time.seconds < time.high)
    // 8 bytes an element at 10 GB/s.
    let other = try models[0].predict(.memory(MemoryTraffic(.gelu, read: 2e5, written: 2e5, rows: 100)))
    #expect(abs(other.seconds / 4e-5 - 1) < 0.1)
    #expect(try FittedModel.models(FittedModel.json(models), file: "m.json") == models)
  }

  @Test func routinesSayWhatTheyMove() throws {
    let shape = try GEMMShape(m: 10, k: 1, n: 100)
    #expect(
      TimingRow.Routine.swiglu.traffic(shape, .fp32) == MemoryTraffic(.swiglu, read: 8000, written: 4000, rows: 10))
    #expect(
      TimingRow.Routine.copy.traffic(try GEMMShape(m: 10, k: 1, n: 1), .fp32)
        == MemoryTraffic(.copy, read: 40, written: 40))
    #expect(TimingRow.Routine.axpy.traffic(try GEMMShape(m: 10, k: 1, n: 1), .fp32).read == 80)
  }
}
