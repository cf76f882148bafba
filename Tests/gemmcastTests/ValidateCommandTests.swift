import DataFiles
import Foundation
import GEMMTiming
import Testing

@Suite struct ValidateCommandTests {
  let folder: TemporaryFolder
  let table: String

  init() throws {
    folder = try TemporaryFolder()
    table = try folder.file("host.csv", PlantedHost.table().csv())
  }

  /// What `time` predicts for some shapes, as measured rows that are `factor` times as long.
  private func measured(factor: Double) throws -> String {
    let shapes = try folder.file("shapes.csv", "m,k,n\n16,4096,4096\n512,1024,2048\n4096,8192,4096\n")
    let result = try BuiltCommand.run([
      "time", "--shapes", shapes, "--device", "a100-sxm-80gb", "--table", table, "--format", "csv",
    ])
    #expect(result.status == 0, "\(result.diagnostics)")
    let csv = try CSVDocument(text: result.output, file: "time")
    let time = try csv.requiredColumn("time_us")
    let rows = csv.rows.map { row in
      let seconds = (Double(row[time]) ?? 0) * factor * 1e-6
      return ["a100-sxm-80gb", "bf16", row[0], row[1], row[2], "1", TimingTable.microseconds(seconds), "kept"]
    }
    return try folder.file(
      "measured.csv",
      CSVDocument.serialize(header: TimingTable.requiredColumns + ["remark"], rows: rows))
  }

  @Test func rowsAreReturnedWithTheirErrors() throws {
    let file = try measured(factor: 0.8)
    let result = try BuiltCommand.run(["validate", file, "--table", table, "--format", "csv"])
    #expect(result.status == 0, "\(result.diagnostics)")
    let csv = try CSVDocument(text: result.output, file: "validate")
    #expect(
      csv.header == TimingTable.requiredColumns + [
        "remark", "predicted_us", "predicted_lo_us", "predicted_hi_us", "error_percent",
      ])
    #expect(csv.rows.count == 3)
    for row in csv.rows {
      #expect(row[7] == "kept")
      #expect(abs((Double(row[11]) ?? 0) - 25) < 0.02, "\(row)")
    }
  }

  @Test func theLimitDecidesTheExitCode() throws {
    let file = try measured(factor: 0.8)
    let strict = try BuiltCommand.run(["validate", file, "--table", table, "--max-mape", "24"])
    #expect(strict.status == 1)
    #expect(strict.diagnostics.contains("25.00 %"))
    #expect(try BuiltCommand.run(["validate", file, "--table", table, "--max-mape", "26"]).status == 0)
    #expect(try BuiltCommand.run(["validate", file, "--table", table, "--max-mape=-1"]).status == 64)
  }

  @Test func theAblationShowsEachStepAndTheOwnRowsHelp() throws {
    let file = try measured(factor: 1.15)
    let result = try BuiltCommand.run([
      "validate", file, "--table", table, "--table", file, "--ablation", "--format", "json",
    ])
    #expect(result.status == 0, "\(result.diagnostics)")
    let groups = try JSONDocument(text: result.output, file: "validate").root.array()
    var means: [(model: String, mean: Double)] = []
    for group in groups where group["device"] != nil && group["size"] == nil {
      means.append((try group.required("model").string(), try group.required("mean_error").double()))
    }
    #expect(means.count == 5)
    #expect(means.first?.model == "specification roofline")
    let (shipped, own) = (try #require(means.dropLast().last).mean, try #require(means.last).mean)
    #expect(own < shipped, "\(means)")
  }

  @Test(arguments: [
    ("device,dtype,m,k,n,batch,time_us\nnone,bf16,1,1,1,1,5\n", 65, "none"),
    ("device,dtype,m,k,n,batch,time_us\na100-sxm-80gb,fp8,1,1,1,1,5\n", 65, ":2"),
    ("device,dtype,m,k,n,batch,time_us\na100-sxm-80gb,bf16,1,1,1,1,x\n", 65, ":2:28"),
    ("a,b\n1,2\n", 65, ":1"),
  ])
  func badFilesEndInOneLine(text: String, status: Int32, mention: String) throws {
    let file = try folder.file("bad.csv", text)
    let result = try BuiltCommand.run(["validate", file, "--table", table])
    #expect(result.status == status)
    #expect(result.output.isEmpty)
    #expect(result.diagnostics.contains(mention), "\(result.diagnostics)")
    #expect(result.diagnostics.split(separator: "\n").count == 1)
  }

  @Test func aMissingFileIsSaid() throws {
    #expect(try BuiltCommand.run(["validate", folder.url("none.csv").path, "--table", table]).status == 66)
  }
}

extension ValidateCommandTests {
  @Test func ownRowsAreChosenByThePlanAndTheRestIsJudged() throws {
    // Every time a fifth longer than the device's own prediction: rows of the device say so.
    let extents = [1, 24, 200, 1600, 8192]
    var shapes = "m,k,n\n"
    for m in extents {
      for k in [64, 512, 4096] { for n in [128, 1024, 6144] { shapes += "\(m),\(k),\(n)\n" } }
    }
    let list = try folder.file("own-shapes.csv", shapes)
    let predicted = try BuiltCommand.run([
      "time", "--shapes", list, "--device", "l40s", "--table", table, "--format", "csv",
    ])
    let csv = try CSVDocument(text: predicted.output, file: "time")
    let time = try csv.requiredColumn("time_us")
    let file = try folder.file(
      "own.csv",
      CSVDocument.serialize(
        header: TimingTable.requiredColumns,
        rows: csv.rows.map { row in
          ["l40s", "bf16", row[0], row[1], row[2], "1", TimingTable.microseconds((Double(row[time]) ?? 0) * 1.2e-6)]
        }))
    let result = try BuiltCommand.run([
      "validate", file, "--table", table, "--own-rows", "24", "--ablation", "--format", "json",
    ])
    #expect(result.status == 0, "\(result.diagnostics)")
    var means: [String: Double] = [:]
    let groups = try JSONDocument(text: result.output, file: "validate").root.array()
    for group in groups where group["device"] != nil && group["size"] == nil {
      #expect(try group.required("rows").integer() == 45 - 24)
      means[try group.required("model").string()] = try group.required("mean_error").double()
    }
    let (before, after) = (
      try #require(means["+ rows behind the device file"]), try #require(means["all + 24 own rows"])
    )
    #expect(abs(before - 1 / 6.0) < 1e-3)
    #expect(after < before / 2, "\(means)")
    #expect(try BuiltCommand.run(["validate", file, "--table", table, "--own-rows", "0"]).status == 64)
    #expect(try BuiltCommand.run(["validate", file, "--table", table, "--own-rows", "45"]).status == 65)
  }
}

extension ValidateCommandTests {
  /// The table that was fitted, another thread count, and every routine.
  @Test func aHostsRowsAreJudgedByTheirOwnFit() throws {
    var planted = try PlantedHost.table()
    var other = planted.rows[0]
    other.threads = 3
    planted.rows.append(other)
    let file = try folder.file("own-and-other.csv", planted.csv())
    let result = try BuiltCommand.run(["validate", file, "--table", table, "--format", "json"])
    #expect(result.status == 0, "\(result.diagnostics)")
    let warning = "not judged, as no fit is of these: gemm of planted fp32, 3 threads, hot, 1 row\n"
    #expect(result.diagnostics.contains(warning), "\(result.diagnostics)")
    let groups = try JSONDocument(text: result.output, file: "validate").root.array()
    func text(_ group: JSONValue, _ key: String) -> String? { try? group[key]?.string() }
    let all = try #require(groups.first { text($0, "device") == nil && text($0, "size") == nil })
    #expect(try all.required("rows").integer() == 80)
    #expect(try all.required("held_out_rows").integer() == 80)
    #expect(try all.required("median_error").double() <= 0.01)
    let own = try #require(groups.first { text($0, "operation") == "gemm, 1 thread, hot" && text($0, "size") == nil })
    #expect(try own.required("rows").integer() == 80)
    for routine in ["copy", "axpy"] {
      let stream = try #require(
        groups.first { text($0, "operation") == "\(routine), 1 thread, hot" && text($0, "size") == nil })
      #expect(try stream.required("rows").integer() == 16)
      // As GEMMs of m × 1 × 1 they would be many times too slow.
      #expect(try stream.required("worst_error").double() < 0.05)
    }
  }

  @Test func aFileOfOtherThreadsOnlyIsRefused() throws {
    var planted = try PlantedHost.table()
    for index in planted.rows.indices { planted.rows[index].threads = 3 }
    let result = try BuiltCommand.run([
      "validate", try folder.file("three.csv", planted.csv()), "--table", table,
    ])
    #expect(result.status == 65)
    #expect(result.diagnostics.contains("planted fp32, 3 threads, hot"))
  }
}
