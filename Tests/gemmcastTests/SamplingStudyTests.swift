import DataFiles
import Foundation
import GEMMTiming
import Testing

@Suite struct SamplingStudyTests {
  let folder: TemporaryFolder
  let pool: String
  let heldOut: String
  let size: Int

  init() throws {
    let rows = try PlantedHost.table().rows.filter { $0.routine == .gemm }
    let parts = [false, true].map { isHeldOut in
      rows.enumerated().filter { $0.offset.isMultiple(of: 4) == isHeldOut }.map(\.element)
    }
    folder = try TemporaryFolder()
    pool = try folder.file("pool.csv", TimingTable(rows: parts[0]).csv())
    heldOut = try folder.file("held-out.csv", TimingTable(rows: parts[1]).csv())
    size = parts[0].count
  }

  private func study(_ arguments: [String]) throws -> CSVDocument {
    let result = try BuiltCommand.run(
      ["sampling-study", pool, heldOut, "--repeats", "1", "--format", "csv"] + arguments)
    #expect(result.status == 0, "\(result.diagnostics)")
    return try CSVDocument(text: result.output, file: "study")
  }

  @Test func whatIsBeingDoneAndWhatCannotBeIsSaid() throws {
    let result = try BuiltCommand.run(
      ["sampling-study", pool, heldOut, "--repeats", "1", "--counts", "24", String(size + 1)])
    #expect(result.status == 0)
    #expect(result.diagnostics.contains("gemmcast: picking 24 shapes, space-filling\n"))
    #expect(result.diagnostics.contains("warning: \(size + 1) shapes cannot be picked from the \(size) of \(pool)\n"))
  }

  /// Whichever way the whole pool is picked, the same rows are fitted.
  @Test func aPoolThatIsTakenWholeLeavesNoChoice() throws {
    let table = try study(["--counts", String(size), String(size + 1)])
    #expect(
      table.header == [
        "shapes", "grid_error_percent", "random_error_percent", "space-filling_error_percent", "adaptive_error_percent",
      ])
    // More than the pool has cannot be picked.
    #expect(table.rows.map { $0[0] } == [String(size)])
    let errors = try table.rows[0][1...].map { try #require(Double($0)) }
    let expected = try errorOfTheWholePool()
    #expect(errors.allSatisfy { abs($0 - expected) <= 0.02 }, "\(errors), \(expected)")
  }

  /// The mean relative error, in percent, as `fit` and `time` tell it.
  private func errorOfTheWholePool() throws -> Double {
    let model = folder.url("model.json").path
    #expect(try BuiltCommand.run(["fit", pool, "--output", model]).status == 0)
    let result = try BuiltCommand.run([
      "time", "--shapes", heldOut, "--device", "host", "--threads", "1", "--table", model, "--format", "csv",
    ])
    let predictions = try CSVDocument(text: result.output, file: "time")
    let (m, k, n, time) = (
      try predictions.requiredColumn("m"), try predictions.requiredColumn("k"), try predictions.requiredColumn("n"),
      try predictions.requiredColumn("time_us")
    )
    let errors: [Double] = try predictions.rows.compactMap { row in
      let shape = try GEMMShape(
        m: #require(Int(row[m])), k: #require(Int(row[k])), n: #require(Int(row[n])))
      guard (1e4...1e10).contains(shape.flops) else { return nil }
      return try abs(#require(Double(row[time])) / 1e6 / PlantedHost.seconds(shape) - 1)
    }
    #expect(!errors.isEmpty)
    return 100 * errors.reduce(0, +) / Double(errors.count)
  }

  @Test func theSeedDecidesWhatIsPicked() throws {
    let arguments = ["--counts", "32"]
    let first = try study(arguments)
    #expect(try study(arguments).rows == first.rows)
    let random = try first.requiredColumn("random_error_percent")
    #expect(try study(arguments + ["--seed", "7"]).rows[0][random] != first.rows[0][random])
  }

  @Test func tablesWithoutRowsToStudyAreBadData() throws {
    let result = try BuiltCommand.run(["sampling-study", pool, heldOut, "--threads", "3"])
    #expect(result.status == 65 && result.output.isEmpty)
    #expect(result.diagnostics.contains("no GEMM rows with 3 threads"))
    let same = try BuiltCommand.run(["sampling-study", pool, pool])
    #expect(same.status == 65 && same.diagnostics.contains("with 1 thread and hot caches, of other shapes than"))
    #expect(try BuiltCommand.run(["sampling-study", pool, heldOut, "--counts", "0"]).status == 64)
  }
}
