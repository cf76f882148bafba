import DataFiles
import Foundation
import Testing

/// Rows of a GPU that are no GEMMs, given by `--table`.
struct TableOperationsTests {
  private let folder: TemporaryFolder
  private let host: String

  init() throws {
    folder = try TemporaryFolder()
    host = try PlantedHost.fitted()
  }

  /// All-reduces among 8 GPUs of a system that is slower than the device file says.
  private func exchanges(_ device: String, sizes: [Int]) throws -> String {
    var lines = ["device,collective,ranks,bytes,time_us"]
    for size in sizes {
      lines.append("\(device),all_reduce,8,\(size),\(60 + Double(size) * 1.75 / 180e3)")
    }
    return try folder.file("nccl-\(device).csv", lines.joined(separator: "\n") + "\n")
  }

  private func mean(_ arguments: [String]) throws -> (mean: Double, diagnostics: String) {
    let result = try BuiltCommand.run(["validate"] + arguments + ["--table", host, "--format", "json"])
    #expect(result.status == 0, "\(result.diagnostics)")
    let groups = try JSONDocument(text: result.output, file: "validate").root.array()
    let group = try #require(groups.first { $0["device"] != nil && $0["size"] == nil })
    return (try group.required("mean_error").double(), result.diagnostics)
  }

  @Test func exchangesRefineTheDevice() throws {
    let all = try exchanges("b200-sxm", sizes: (10...29).map { 1 << $0 })
    let before = try mean([all])
    let after = try mean([all, "--table", all])
    #expect(before.mean > 0.3)
    #expect(after.mean < 0.3 * before.mean)
    #expect(
      after.diagnostics.contains(
        "b200-sxm: Collective rows of --table, nccl: refined by 20 rows, mean error"))
    #expect(after.diagnostics.contains("where they were left out in turn"))
  }

  @Test func theReportSaysWhatEachTableBrought() throws {
    let few = try exchanges("h100-sxm-80gb", sizes: [1 << 20, 1 << 24])
    let other = try exchanges("a100-sxm-80gb", sizes: [1 << 20])
    let memory = try folder.file(
      "memory.csv",
      "device,op,bytes_read,bytes_written,time_us\nh100-sxm-80gb,gelu,1000000,1000000,9\n")
    let model = try folder.file("config.json", TinyConfigurations.llama)
    func run(_ tables: [String], _ options: [String] = []) throws -> (
      status: Int32, output: String, diagnostics: String
    ) {
      let result = try BuiltCommand.run(
        ["estimate", model, "--device", "h100-sxm-80gb", "--tp", "2", "--table", host]
          + tables.flatMap { ["--table", $0] } + options)
      return (result.status, result.output, result.diagnostics)
    }
    let result = try run([few, other, memory])
    #expect(result.status == 0, "\(result.diagnostics)")
    let text = result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(text.contains("Collective rows of --table, nccl: refined by 2 rows, mean error"))
    #expect(text.contains("by the device file; too few to leave some out."))
    #expect(text.contains("Memory rows of --table, gelu: refined by 1 row,"))
    #expect(text.contains("--table has rows of a100-sxm-80gb too, which say nothing of h100-sxm-80gb."))
    #expect(text.contains("; refined by 2 rows of a table"))
    let roofline = try run([few], ["--detail", "roofline"])
    #expect(roofline.status == 0, "\(roofline.diagnostics)")
    let words = roofline.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("2 rows of exchanges, passes over memory or attention that --table has are not used."))
  }

  @Test func whatIsWrongInSuchATableHasItsPlace() throws {
    let table = try folder.file(
      "nccl.csv", "device,collective,ranks,bytes,time_us\nh100-sxm-80gb,all_reduce,8,1024,fast\n")
    let result = try BuiltCommand.run([
      "time", "--m", "8", "--k", "8", "--n", "8", "--table", host, "--table", table,
    ])
    #expect(result.status == 65)
    #expect(result.diagnostics.contains("nccl.csv:2:33"), "\(result.diagnostics)")
  }

  /// Another tool's table, imported, is one that --table takes.
  @Test func importedExchangesRefineTheDevice() throws {
    var lines = ["framework,version,device,op_name,kernel_source,nccl_dtype,num_gpus,message_size,latency"]
    for power in 9...28 {
      let milliseconds = 0.05 + Double(1 << power) * 0.875 / 15e6
      lines.append("TRTLLM,2.27.3,NVIDIA L40S,all_gather,NCCL,half,8,\(1 << (power - 1)),\(milliseconds)")
    }
    let output = folder.url("nccl.csv").path
    let imported = try BuiltCommand.run([
      "import", try folder.file("nccl_perf.txt", lines.joined(separator: "\n") + "\n"), "--device", "l40s", "--output",
      output,
    ])
    #expect(imported.status == 0, "\(imported.diagnostics)")
    let csv = try CSVDocument(contentsOf: output)
    #expect(Array(csv.rows[0].prefix(5)) == ["l40s", "all_gather", "8", "512", "50.029867"])
    let before = try mean([output])
    let after = try mean([output, "--table", output])
    #expect(after.mean < 0.3 * before.mean, "\(before.mean) \(after.mean)")
  }
}
