import DataFiles
import GEMMTiming
import Testing

@Suite struct ValidateStepsTests {
  private static let header =
    "source,device,dtype,hidden,layers,heads,seq,tp,pp,dp,micro_batch,global_batch,interleave,sequence_parallel,vocab,"
    + "recompute,time_s\n"

  private func validate(_ rows: String, _ arguments: [String] = []) throws -> BuiltCommand.Result {
    let folder = try TemporaryFolder()
    let table = try folder.file("host.csv", PlantedHost.table().csv())
    let runs = try folder.file("runs.csv", Self.header + rows)
    return try BuiltCommand.run(["validate", runs, "--table", table] + arguments)
  }

  @Test func stepsAreForecastBesideTheirMeasurements() throws {
    // Twice the batch in twice the micro-batches, and the same with twice the layers: longer steps.
    let result = try validate(
      """
      a,a100-sxm-80gb,bfloat16,2048,8,16,1024,1,1,1,1,4,1,0,50257,none,0.5
      a,a100-sxm-80gb,bfloat16,2048,8,16,1024,1,1,1,1,8,1,0,50257,none,1
      b,a100-sxm-80gb,bfloat16,2048,16,16,1024,1,1,1,1,8,1,0,50257,none,2

      """, ["--format", "csv"])
    #expect(result.status == 0, "\(result.diagnostics)")
    let csv = try CSVDocument(text: result.output, file: "validation")
    let own = csv.header.count - 14
    #expect(
      csv.header[own..<own + 4] == ["predicted_s", "predicted_lo_s", "predicted_hi_s", "error_percent"])
    #expect(csv.header.suffix(10).allSatisfy { $0.hasSuffix("_percent") } && csv.header.last == "bubble_percent")
    for row in csv.rows { #expect(abs(row.suffix(10).compactMap(Double.init).reduce(0, +) - 100) < 0.1) }
    let (predicted, error) = (try csv.requiredColumn("predicted_s"), try csv.requiredColumn("error_percent"))
    let seconds = csv.rows.compactMap { Double($0[predicted]) }
    #expect(seconds.count == 3 && seconds[0] < seconds[1] && seconds[1] < seconds[2])
    for (row, measured) in zip(csv.rows, [0.5, 1, 2]) {
      let expected = 100 * ((Double(row[predicted]) ?? 0) / measured - 1)
      #expect(abs((Double(row[error]) ?? 0) - expected) < 0.01)
    }
  }

  @Test func theSummaryHasASourceALineAndALimitFails() throws {
    let row = "a,a100-sxm-80gb,bfloat16,2048,8,16,1024,1,1,1,1,4,1,0,50257,none,1000\n"
    let summary = try validate(row)
    #expect(summary.status == 0 && summary.output.contains("Where the time is predicted to go"))
    let limited = try validate(row, ["--max-mape", "10"])
    #expect(limited.status == 1 && limited.diagnostics.contains("--max-mape"))
  }

  @Test func everyLevelOfKnowledgeForecastsTheSteps() throws {
    let rows = """
      a,a100-sxm-80gb,bfloat16,2048,8,16,1024,1,1,1,1,4,1,0,50257,none,0.5
      b,a100-sxm-80gb,bfloat16,2048,16,16,1024,1,1,1,1,8,1,0,50257,none,2

      """
    let result = try validate(rows, ["--ablation", "--format", "json"])
    #expect(result.status == 0, "\(result.diagnostics)")
    let groups = try JSONDocument(text: result.output, file: "validation").root.array()
    let sources = try groups.filter { $0["device"] != nil }.map { try $0.required("operation").string() }
    #expect(sources == ["a", "b", "a", "b", "a", "b", "a", "b"])
    let totals = groups.filter { $0["device"] == nil }
    #expect(try totals.map { try $0.required("rows").integer() } == [2, 2, 2, 2])
    #expect(Set(try totals.map { try $0.required("mean_error").double() }).count > 1)
    let none = try validate(rows, ["--device", "t4"])
    #expect(none.status == 65 && none.diagnostics.contains("has no rows of t4"))
  }

  @Test(arguments: ["text", "markdown", "json"])
  func everyFormHasTheBreakdown(format: String) throws {
    let row = "a,a100-sxm-80gb,bfloat16,2048,8,16,1024,1,1,1,1,4,1,0,50257,none,0.5\n"
    let result = try validate(row, ["--format", format])
    #expect(result.status == 0, "\(result.diagnostics)")
    let parts = format == "json" ? ["\"product\"", "\"launch\"", "\"mean_error\""] : ["launching", "bubble"]
    for part in parts { #expect(result.output.contains(part)) }
  }

  @Test func anImpossiblePlanIsPlaced() throws {
    let result = try validate("a,a100-sxm-80gb,bfloat16,2048,8,16,1024,3,1,1,1,4,1,0,50257,none,1\n")
    #expect(result.status == 65 && result.diagnostics.contains("runs.csv:2"), "\(result.diagnostics)")
  }
}
