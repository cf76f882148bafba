import DataFiles
import GEMMTiming
import Testing

@Suite struct TableCommandTests {
  let table: String

  init() throws { table = try PlantedHost.fitted() }

  private func csv(_ arguments: [String]) throws -> CSVDocument {
    let result = try BuiltCommand.run(["table"] + arguments + ["--format", "csv", "--table", table])
    #expect(result.status == 0, "\(result.diagnostics)")
    return try CSVDocument(text: result.output, file: "table")
  }

  /// The eight entries of the reference document, in its numbering.
  private static let document = [
    ["q_linear", "10240000", "1024", "1024"], ["k_linear", "10240000", "1024", "1024"],
    ["v_linear", "10240000", "1024", "1024"], ["attn_score", "20480000", "512", "10000"],
    ["attn_out", "20480000", "10000", "512"], ["attn_proj", "10240000", "1024", "1024"],
    ["mlp1", "10240000", "1024", "4096"], ["mlp2", "10240000", "4096", "1024"],
  ]

  /// Two products for each forward one, with the same work; fused attention and one token a sequence change the list.
  @Test func theWorkDecidesTheProducts() throws {
    let model = ["llama-3.1-8b", "--batch", "4", "--seq", "256"]
    let forward = try csv(model), training = try csv(model + ["--mode", "training"])
    #expect(training.rows.count == 3 * forward.rows.count)
    let (op, flops) = (try training.requiredColumn("op"), try training.requiredColumn("flops"))
    for name in ["mlp1", "attn_score"] {
      let work = [name, name + "_dgrad", name + "_wgrad"].map { name in
        training.rows.first { $0[op] == name }.map { $0[flops] }
      }
      #expect(work[0] != nil && Set(work).count == 1)
    }
    let fused = try csv(model + ["--attention", "fused"])
    #expect(!fused.rows.contains { $0[op] == "attn_score" })
    let decode = try csv(["llama-3.1-8b", "--batch", "4", "--mode", "decode", "--context", "255"])
    #expect(decode.rows[0][3] == "4")
  }

  @Test func theDocumentsShapesStandInItsOrderForEveryLayer() throws {
    let table = try csv(["reference", "--sharding", "documented"])
    #expect(
      table.header == [
        "layer", "op", "role", "m", "k", "n", "batch", "dtype", "device", "flops", "bytes", "arithmetic_intensity",
        "time_us", "time_lo_us", "time_hi_us", "tflops", "percent_of_peak", "bound", "source",
      ])
    #expect(table.rows.count == 8 * 16)
    for layer in 0..<16 {
      let rows = table.rows[8 * layer..<8 * layer + 8]
      #expect(rows.map { [$0[1]] + $0[3...5] } == Self.document)
      #expect(rows.allSatisfy { $0[0] == String(layer) })
    }
  }

  @Test func figuresOfARowBelongTogether() throws {
    let table = try csv(["reference", "--sharding", "documented"])
    for row in table.rows[..<8] {
      let number = { (column: String) throws in try #require(Double(row[try table.requiredColumn(column)])) }
      let flops = try 2 * number("m") * number("k") * number("n")
      #expect(try number("flops") == flops)
      #expect(try abs(number("arithmetic_intensity") - flops / number("bytes")) < 0.001)
      #expect(try abs(number("tflops") / (flops / number("time_us") / 1e6) - 1) < 1e-3)
      #expect(try number("percent_of_peak") <= 100)
    }
  }

  /// Over all tensor-parallel ranks the Megatron sharding does the work of the unsharded model: no more, no less.
  @Test func megatronsFlopsAddUpOverRanks() throws {
    let sum = { (tp: String) throws in
      try csv(["reference", "--tp", tp]).rows.reduce(0) { $0 + (Double($1[9]) ?? 0) }
    }
    #expect(try sum("8") * 8 == sum("1"))
  }

  @Test func theSameCommandGivesTheSameBytes() throws {
    let arguments = ["table", "llama-3.1-8b", "--tp", "4", "--seq", "2048", "--format", "csv", "--table", table]
    let first = try BuiltCommand.run(arguments)
    #expect(first.status == 0 && !first.output.isEmpty, "\(first.diagnostics)")
    #expect(try BuiltCommand.run(arguments).output == first.output)
  }

  @Test(arguments: [
    (["reference", "--tp", "3"], 64, "tp is 3"),
    (["reference", "--tp", "0"], 64, "tp is 0"),
    (["reference", "--batch", "9223372036854775807"], 64, "batch"),
    (["reference", "--batch", "1099511627776", "--seq", "1099511627776"], 64, "batch"),
    (["reference", "--micro-batches", "3"], 64, "micro-batches is 3"),
    (["reference", "--pp", "17"], 64, "17"),
    (["reference", "--sharding", "diagonal"], 64, "diagonal"),
    (["no-such-model"], 66, "no-such-model"),
  ])
  func badPlansAreOneLineAndACode(_ arguments: [String], _ status: Int32, _ culprit: String) throws {
    let result = try BuiltCommand.run(["table", "--table", table] + arguments)
    #expect(result.status == status, "\(result.diagnostics)")
    #expect(result.diagnostics.contains(culprit), "\(result.diagnostics)")
    #expect(result.output.isEmpty)
  }
}
