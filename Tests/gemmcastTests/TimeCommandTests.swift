import DataFiles
import Foundation
import GEMMTiming
import Testing

@Suite struct TimeCommandTests {
  let folder: TemporaryFolder
  let table: String

  init() throws {
    folder = try TemporaryFolder()
    table = try folder.file("host.csv", PlantedHost.table().csv())
  }

  @Test func theHostsTimeIsThePlantedOne() throws {
    for (m, k, n) in [(256, 256, 256), (1024, 512, 700), (8, 300, 1024)] {
      let result = try BuiltCommand.run([
        "time", "--m", "\(m)", "--k", "\(k)", "--n", "\(n)", "--device", "host", "--table", table, "--format", "csv",
      ])
      #expect(result.status == 0, "\(result.diagnostics)")
      let csv = try CSVDocument(text: result.output, file: "time")
      let seconds = (try Double(csv.rows[0][csv.requiredColumn("time_us")]) ?? 0) * 1e-6
      let truth = PlantedHost.seconds(try GEMMShape(m: m, k: k, n: n))
      #expect(abs(seconds / truth - 1) < 0.1, "(\(m),\(k),\(n)): \(seconds) s, planted \(truth) s")
    }
  }

  @Test func shapesAreAnsweredInOrderAndKeepTheirType() throws {
    let shapes = try folder.file("shapes.csv", "n,m,k,batch,dtype\n64,10,20,3,\n128,1,4096,1,fp16\n")
    let result = try BuiltCommand.run(["time", "--shapes", shapes, "--table", table, "--format", "csv"])
    #expect(result.status == 0, "\(result.diagnostics)")
    let csv = try CSVDocument(text: result.output, file: "time")
    #expect(
      csv.header == [
        "m", "k", "n", "batch", "dtype", "device", "time_us", "time_lo_us", "time_hi_us", "bound", "source",
        "weights_from",
      ])
    #expect(
      csv.rows.map { Array($0[..<6]) } == [
        ["10", "20", "64", "3", "bf16", "h100-sxm-80gb"], ["1", "4096", "128", "1", "fp16", "h100-sxm-80gb"],
      ])
    for row in csv.rows {
      let times = row[6...8].compactMap(Double.init)
      #expect(times.count == 3 && times[1] <= times[0] && times[0] <= times[2] && times[1] > 0)
    }
  }

  @Test(arguments: [["--cache", "cold"], ["--weights", "out-in"]])
  func whereOperandsAreIsAskedOfHosts(options: [String]) throws {
    let question = ["time", "--m", "8", "--k", "300", "--n", "400", "--table", table] + options
    if options[0] == "--weights" {
      let gpu = try BuiltCommand.run(question)
      #expect(gpu.status == 64 && gpu.diagnostics.contains("--weights is of hosts; --device is h100-sxm-80gb"))
    }
    let host = try BuiltCommand.run(question + ["--device", "host"])
    #expect(host.status == 0, "\(host.diagnostics)")
    // The table has neither: what answers is said.
    #expect(host.diagnostics.contains("Operands: no rows of"))
  }

  /// How an answer is to be understood where a cache may hold weights.
  @Test func whereWeightsComeFromIsSaid() throws {
    let question = ["time", "--m", "64", "--k", "4096", "--n", "4096", "--table", table, "--device"]
    func answer(_ options: [String]) throws -> String { try BuiltCommand.run(question + options).output }
    for format in ["text", "markdown"] {
      #expect(try answer(["l40s", "--format", format]).contains("Weights: six of a product's size in turn"))
      #expect(try answer(["l40s", "--cache", "cold", "--format", format]).contains("Weights: from memory"))
      #expect(try !answer(["host", "--format", format]).contains("Weights:"))
    }
    func field(_ options: [String]) throws -> String {
      let csv = try CSVDocument(text: answer(options + ["--format", "csv"]), file: "time")
      return csv.rows[0][try csv.requiredColumn("weights_from")]
    }
    #expect(try field(["l40s"]) == "six in turn" && field(["l40s", "--cache", "sequence"]) == "memory")
    #expect(try field(["l40s", "--detail", "roofline"]).isEmpty && field(["host"]).isEmpty)
    let json = try JSONDocument(text: answer(["l40s", "--format", "json"]), file: "time").root.array()
    #expect(try json[0].required("weights_from").string() == "six in turn")
  }

  @Test func everyFormatHoldsTheAnswer() throws {
    let arguments = ["time", "--m", "64", "--k", "64", "--n", "64", "--table", table, "--format"]
    for format in ["text", "markdown", "json", "csv"] {
      let result = try BuiltCommand.run(arguments + [format])
      #expect(result.status == 0 && result.output.contains("h100-sxm-80gb"), "\(format): \(result.diagnostics)")
    }
    let json = try JSONDocument(text: BuiltCommand.run(arguments + ["json"]).output, file: "time").root.array()
    #expect(try json[0].required("time_us").double() > 0)
    #expect(try BuiltCommand.run(arguments + ["html"]).status == 64)
  }

  @Test(arguments: [
    (["--m", "0", "--k", "1", "--n", "1"], 64, "m is 0"),
    (["--m", "-5", "--k", "1", "--n", "1"], 64, "m"),
    (["--m", "9223372036854775807", "--k", "1", "--n", "1"], 64, "m is 9223372036854775807"),
    (["--m", "92233720368547758070", "--k", "1", "--n", "1"], 64, "m"),
    (["--m", "1", "--k", "1"], 64, "--n"),
    (["--m", "1", "--k", "1", "--n", "1", "--device", "h1000"], 66, "h100-sxm-80gb"),
    (["--m", "1", "--k", "1", "--n", "1", "--dtype", "fp12"], 64, "fp12"),
    (["--m", "1", "--k", "1", "--n", "1", "--device", "v100-pcie-32gb", "--dtype", "fp8"], 64, "fp8"),
    (["--m", "1", "--k", "1", "--n", "1", "--device", "host", "--dtype", "bf16"], 64, "bf16"),
    (["--shapes", "nowhere.csv"], 66, "nowhere.csv"),
    (["--m", "1", "--k", "1", "--n", "1", "--output", "/nowhere/x"], 73, "/nowhere/x"),
  ])
  func badInputIsOneLineAndACode(_ arguments: [String], _ status: Int32, _ culprit: String) throws {
    let result = try BuiltCommand.run(["time", "--table", table] + arguments)
    #expect(result.status == status, "\(result.diagnostics)")
    #expect(result.diagnostics.contains(culprit), "\(result.diagnostics)")
    #expect(result.output.isEmpty)
  }

  @Test func theLargestLegalExtentsAreAnsweredInFinitePlaces() throws {
    let largest = "\(GEMMShape.maximumExtent)"
    for device in ["host", "h100-sxm-80gb"] {
      let result = try BuiltCommand.run([
        "time", "--m", largest, "--k", largest, "--n", largest, "--batch", largest, "--device", device, "--table",
        table,
        "--format", "csv",
      ])
      #expect(result.status == 0, "\(result.diagnostics)")
      let csv = try CSVDocument(text: result.output, file: "time")
      #expect(try Double(csv.rows[0][csv.requiredColumn("time_us")])?.isFinite == true)
    }
  }
}
