import DataFiles
import Foundation
import Testing

@Suite struct ValidateStepCommandTests {
  let folder: TemporaryFolder
  let model: String
  let plan: [String]

  init() throws {
    folder = try TemporaryFolder()
    model = try folder.file(
      "config.json",
      """
      {"model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 1,
       "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256, "max_position_embeddings": 8192}
      """)
    plan = [
      model, "--mode", "prefill", "--attention", "fused", "--tp", "2", "--batch", "1", "--seq", "512", "--device",
      "h100-sxm-80gb", "--table", try PlantedHost.fitted(),
    ]
  }

  /// One layer of Llama with embedding and head on two GPUs, each operation so many times as long as its forecast.
  private func trace(_ factor: (String) -> Double) throws -> TracedLayer {
    let path = try BuiltCommand.run(["estimate"] + plan + ["--format", "csv"])
    #expect(path.status == 0, "\(path.diagnostics)")
    var layer = TracedLayer(tokens: 512, hidden: 4096, heads: 32, keyValueHeads: 8, ranks: 2)
    try layer.add(CSVDocument(text: path.output, file: "path"), factor: factor)
    return layer
  }

  private func validate(_ text: String, _ arguments: [String] = []) throws -> BuiltCommand.Result {
    try BuiltCommand.run(["validate", "--step", try folder.file("trace.json", text)] + plan + arguments)
  }

  @Test func theFirstLinesNameThePlantedSlowOperation() throws {
    let layer = try trace { $0 == "mlp2" ? 3 : 1 }
    let result = try validate(layer.text)
    #expect(result.status == 0, "\(result.diagnostics)")
    let head = result.output.split(separator: "\n").prefix(12).joined(separator: " ")
    #expect(head.contains("The largest gap is mlp2, (512,7168,4096): measured "), "\(head)")
    #expect(head.contains(", 3.00 times, outside its 90 % interval; 100 % of all gaps."), "\(head)")
    #expect(head.contains("one step on NVIDIA H100 80GB HBM3"), "\(head)")
    for other in ["markdown", "csv"] {
      let form = try validate(layer.text, ["--format", other])
      #expect(form.status == 0 && form.output.contains("mlp2"), "\(form.diagnostics)")
    }
  }

  /// Rows, kernels and forecast are the same sums; nothing stands on one side alone.
  @Test func everyKernelIsInARow() throws {
    let layer = try trace { $0.hasPrefix("attn") ? 1.5 : 0.8 }
    let result = try validate(layer.text, ["--format", "json"])
    #expect(result.status == 0, "\(result.diagnostics)")
    let json = try JSONDocument(text: result.output, file: "out").root
    let rows = try json.required("operations").array()
    let time = try rows.reduce(0) { $0 + (try $1["measured_us"]?.double() ?? 0) }
    #expect(abs(time / layer.microseconds - 1) < 1e-6)
    let calls = try rows.reduce(0) { $0 + (try $1["measured_calls"]?.double() ?? 0) }
    #expect(calls == Double(layer.kernels))
    #expect(rows.allSatisfy { $0["measured_us"] != nil && $0["forecast_us"] != nil })
    let products = try rows.filter { try $0.required("kind").string() == "gemm" }
    #expect(try products.map { try $0.required("matched_by").string() } == Array(repeating: "shape", count: 5))
    for row in products {
      let (measured, forecast) = (try row.required("measured_us").double(), try row.required("forecast_us").double())
      let isAttention = try row.required("operation").string() == "attn_proj"
      #expect(abs(measured / forecast - (isAttention ? 1.5 : 0.8)) < 1e-3)
    }
    // A microsecond of idle time between two kernels each.
    let idle = try json.required("idle").required("measured_us").double()
    #expect(abs(idle - Double(layer.kernels - 1)) < 0.05, "\(idle)")
  }

  @Test func severalMarkedStepsAreTheirMean() throws {
    var layer = try trace { _ in 1 }
    let one = layer.microseconds
    try layer.add(
      CSVDocument(
        text: try BuiltCommand.run(["estimate"] + plan + ["--format", "csv"]).output, file: "path"), factor: { _ in 3 })
    let marks = (0..<2).map {
      "{\"ph\":\"X\",\"cat\":\"user_annotation\",\"name\":\"ProfilerStep#\($0)\",\"pid\":7,\"tid\":7,\"ts\":\($0),\"dur\":1}"
    }
    let text = layer.text.replacing("\"traceEvents\":[", with: "\"traceEvents\":[\(marks.joined(separator: ",")),")
    let result = try validate(text, ["--format", "json"])
    let json = try JSONDocument(text: result.output, file: "out").root
    #expect(try json.required("steps").integer() == 2)
    let sum = try json.required("all_operations").required("measured_us").double()
    #expect(abs(sum / (2 * one) - 1) < 1e-6)
    let wrong = try validate(text, ["--steps", "3"])
    #expect(wrong.status == 64 && wrong.diagnostics.contains("trace.json marks 2 steps"), "\(wrong.diagnostics)")
  }

  private static let cpu = """
    {"schemaVersion": 1, "traceEvents": [
    {"ph":"X","cat":"cpu_op","name":"aten::mm","pid":1,"tid":1,"ts":1,"dur":200,"args":{"Input Dims":[[16,64],[64,128]],
    "Input Strides":[[64,1],[1,64]],"Input type":["float","float"]}}]}
    """

  @Test func aCPUsTraceIsComparedWithTheHost() throws {
    let tiny = try folder.file("tiny.json", TinyConfigurations.llama)
    let trace = try folder.file("cpu.json", Self.cpu)
    let table = ["--table", try PlantedHost.fitted()]
    let options = [tiny, "--batch", "2", "--seq", "8"]
    let host = try BuiltCommand.run(
      ["validate", "--step", trace] + options + table + ["--device", "host", "--format", "csv"])
    #expect(host.status == 0, "\(host.diagnostics)")
    let csv = try CSVDocument(text: host.output, file: "out")
    let measured = try csv.requiredColumn("measured_us")
    let row = try #require(csv.rows.first { $0[measured] == "200.000000" && $0[1] == "gemm" })
    #expect(row[0].hasPrefix("qkv_linear") && row[2] == "shape", "\(row)")
    let gpu = try BuiltCommand.run(["validate", "--step", trace] + options + table)
    #expect(gpu.status == 64, "\(gpu.diagnostics)")
    #expect(gpu.diagnostics.contains("operators of a CPU and no kernel of a GPU"), "\(gpu.diagnostics)")
  }

  @Test(arguments: [
    ("{\"schemaVersion\":1,\"traceEvents\":[\n{\"ph\":\"X\"}]}", [], 65, "no event is a kernel or an operator"),
    (
      "{\"traceEvents\":[\n{\"ph\":\"X\",\"cat\":\"kernel\",\"name\":\"k\",\"ts\":1,\"dur\":-2}]}", [], 65,
      "trace.json:2:50: dur is -2.0"
    ),
    (
      "{\"traceEvents\":[{\"ph\":\"X\",\"cat\":\"kernel\",\"name\":\"k\",\"ts\":1,\"dur\":2,\"args\":{\"device\":0}},\n"
        + "{\"ph\":\"X\",\"cat\":\"kernel\",\"name\":\"k\",\"ts\":1,\"dur\":2,\"args\":{\"device\":1}}]}", [], 65,
      "has kernels of 2 GPUs"
    ),
    (
      "{\"traceEvents\":[{\"ph\":\"X\",\"cat\":\"kernel\",\"name\":\"k\",\"ts\":1,\"dur\":2}]}", ["--stage", "1"], 64,
      "--stage is 1; 0 to 0 are expected"
    ),
    ("a,b\n1,2\n", [], 65, "is no trace of PyTorch's profiler"),
    ("{}", ["--steps", "0"], 64, "--steps is 0"),
    ("{}", ["--nonsense"], 64, "see `gemmcast validate --step --help`"),
  ])
  func badInputIsOneLineAndACode(_ text: String, _ options: [String], _ status: Int32, _ message: String) throws {
    let result = try validate(text, options)
    #expect(result.status == status && result.diagnostics.contains(message), "\(result.status) \(result.diagnostics)")
    #expect(result.output.isEmpty && result.diagnostics.split(separator: "\n").count == 1, "\(result.diagnostics)")
  }

  /// Of several stages the trace's rank tells which, or the option does.
  @Test func theStageIsTheRanks() throws {
    let kernel = "{\"ph\":\"X\",\"cat\":\"kernel\",\"name\":\"k\",\"ts\":1,\"dur\":2}"
    let options = [
      "gpt3-175b", "--tp", "2", "--pp", "2", "--batch", "1", "--seq", "128", "--table", try PlantedHost.fitted(),
      "--format", "csv",
    ]
    func stage(_ info: String, _ extra: [String] = []) throws -> BuiltCommand.Result {
      let trace = try folder.file("ranked.json", "{\(info)\"traceEvents\":[\(kernel)]}")
      return try BuiltCommand.run(["validate", "--step=\(trace)"] + options + extra)
    }
    let last = try stage("\"distributedInfo\":{\"rank\":3,\"world_size\":4},")
    #expect(last.status == 0 && last.output.contains("lm_head"), "\(last.diagnostics)")
    let first = try stage("\"distributedInfo\":{\"rank\":1,\"world_size\":4},")
    #expect(first.status == 0 && !first.output.contains("lm_head") && first.output.contains("embedding"))
    #expect(try stage("", ["--stage", "1"]).output == last.output)
    let unknown = try stage("")
    #expect(unknown.status == 64 && unknown.diagnostics.contains("does not tell its rank of 4; give --stage"))
  }

  @Test func helpNamesTheOptionAndItsOwnOptions() throws {
    let help = try BuiltCommand.run(["validate", "--help"])
    #expect(help.status == 0 && help.output.contains("gemmcast validate --step trace.json llama-3.1-8b"))
    let own = try BuiltCommand.run(["validate", "--step", "--help"])
    #expect(own.status == 0 && own.output.contains("USAGE: gemmcast validate --step <file>"), "\(own.diagnostics)")
    #expect(own.output.contains("--attention") && own.output.contains("--stage"))
  }
}
