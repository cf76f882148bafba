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

  /// A layer's operations side by side, each by its own kind: products and passes.
  private func layers(_ factor: Double) throws -> String {
    var lines = [
      "device,tp,num_tokens,n_embd,n_head,n_kv_head,n_ff,gated,input_layernorm_us,attn_pre_proj_us,attn_rope_us,"
        + "attn_post_proj_us,post_attention_layernorm_us,mlp_up_proj_us,mlp_act_us,mlp_down_proj_us,add_us"
    ]
    for tokens in [512, 1024, 2048, 4096] {
      let work = factor * Double(tokens) / 1024
      let times = [12, 160, 12, 55, 12, 290, 18, 145, 12].map { "\($0 * work)" }
      lines.append("h100-sxm-80gb,2,\(tokens),4096,32,32,11008,True,\(times.joined(separator: ","))")
    }
    return try folder.file("layers-\(factor).csv", lines.joined(separator: "\n") + "\n")
  }

  @Test func aLayersOperationsTeachProductsAndPasses() throws {
    let model = try folder.file("config.json", TinyConfigurations.llama)
    func estimate(_ tables: [String]) throws -> (root: JSONValue, text: String) {
      let command =
        ["estimate", model, "--table", host, "--device", "h100-sxm-80gb"] + tables.flatMap { ["--table", $0] }
      let json = try BuiltCommand.run(command + ["--format", "json"])
      #expect(json.status == 0, "\(json.diagnostics)")
      let text = try BuiltCommand.run(command).output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      return (try JSONDocument(text: json.output, file: "report").root, text)
    }
    let (root, text) = try estimate([layers(2), exchanges("h100-sxm-80gb", sizes: [1 << 20])])
    #expect(text.contains("GEMM rows of --table, fp16: refined by 16 rows, mean error"))
    for (kind, rows) in [("rms_norm", 8), ("rotary", 4), ("swiglu", 4), ("residual", 4)] {
      #expect(text.contains("Memory rows of --table, \(kind): refined by \(rows) rows, mean error"), "\(kind)")
    }
    // What the forecast rests on: each kind of rows after those before it, up to the forecast itself.
    let models = try root.required("basis").required("models").array()
    let names = try models.map { try $0.required("model").string() }
    #expect(
      names.suffix(3) == ["+ 1 collective row of --table", "+ 20 memory rows of --table", "+ 16 GEMM rows of --table"])
    let seconds = try models.map { try $0.required("schedule").required("time_s").double() }
    let total = try root.required("totals").required("megatron").required("schedule").required("time_s").double()
    #expect(abs((seconds.last ?? 0) / total - 1) < 1e-9)
    #expect(seconds[seconds.count - 1] > seconds[seconds.count - 2], "slower products make the step slower")
  }

  @Test func whatTeachesNothingIsRefusedInALine() throws {
    let steps = try folder.file(
      "steps.csv",
      "device,hidden,layers,heads,seq,tp,pp,dp,global_batch,time_s\nh100-sxm-80gb,1024,2,8,128,1,1,1,1,1\n")
    let refused = try BuiltCommand.run(["estimate", "gpt2", "--table", host, "--table", steps])
    #expect(refused.status == 65 && refused.diagnostics.contains("steps.csv:1: has whole training steps"))
    let mixed = try BuiltCommand.run(["fit", try layers(1), "--device", "h100-sxm-80gb"])
    #expect(mixed.status == 65 && mixed.diagnostics.contains("operations of several kinds"))
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
