import DataFiles
import Foundation
import Testing

/// Model files and names as users give them, through the built command.
@Suite struct EstimateModelsTests {
  let folder: TemporaryFolder
  let table: String

  init() throws {
    folder = try TemporaryFolder()
    table = try PlantedHost.fitted()
  }

  private static let formats = ["text", "markdown", "json", "csv", "html"]

  /// A small Llama with further members.
  private static func llama(_ more: String) -> String {
    """
    {"model_type": "llama", "hidden_size": 512, "intermediate_size": 1024, "num_hidden_layers": 2,
     "num_attention_heads": 8, "num_key_value_heads": 2, "vocab_size": 2048, "max_position_embeddings": 8192\(more)}
    """
  }

  private func run(_ arguments: [String]) throws -> BuiltCommand.Result {
    try BuiltCommand.run(arguments + ["--table", table], directory: folder.root)
  }

  /// Output with its white space made one blank each, so that no line break hides a sentence.
  private func words(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

  @Test(arguments: formats) func notesStandInEveryFormat(format: String) throws {
    let config = try folder.file("config.json", Self.llama(", \"sliding_window\": 64, \"never_seen\": 1"))
    let result = try run(["estimate", config, "--seq", "128", "--attention", "fused", "--format", format])
    #expect(result.status == 0, "\(result.diagnostics)")
    let text = words(format == "csv" ? result.diagnostics : result.output)
    #expect(text.contains("sliding_window is 64") || text.contains("sliding\\_window is 64"))
    #expect(text.contains("never_seen") || text.contains("never\\_seen"))
  }

  @Test(arguments: ["text", "markdown", "csv"]) func theTableSaysItsNotesBesideItsRows(format: String) throws {
    let config = try folder.file("config.json", Self.llama(", \"quantization_config\": {\"quant_method\": \"fp8\"}"))
    let result = try run(["table", config, "--seq", "128", "--weight-dtype", "bf16", "--format", format])
    #expect(result.status == 0 && result.diagnostics.contains("quantization_config is fp8"), "\(result.diagnostics)")
    #expect(!result.output.contains("quantization_config"))
  }

  @Test func expertsAreSaidToBeCutByTheirOwnDegree() throws {
    let plan = ["estimate", "mixtral-8x7b", "--seq", "256", "--tp", "4", "--dp", "2", "--ep", "8", "--batch", "2"]
    let whole = try words(run(plan + ["--etp", "1"]).output)
    #expect(whole.contains("4 GPUs: qkv_linear by columns, attn_proj by rows; "))
    #expect(whole.contains("Each expert is whole on one GPU: mlp1, mlp2."))
    #expect(whole.components(separatedBy: "Parallel across 1 GPU (").count == 3)
    let alike = try words(run(["estimate", "mixtral-8x7b", "--seq", "256", "--tp", "4", "--batch", "1"]).output)
    #expect(!alike.contains("Each expert") && !alike.contains("Parallel across 1 GPU"))
  }

  @Test func aFolderIsReadAndGivesTheNameWhereThePathIsNone() throws {
    try FileManager.default.createDirectory(at: folder.url("My-Model"), withIntermediateDirectories: true)
    _ = try folder.file("My-Model/config.json", Self.llama(", \"_name_or_path\": \"/root/checkpoint-7\""))
    for model in ["My-Model", "My-Model/", "My-Model/config.json"] {
      let result = try run(["estimate", model, "--seq", "64"])
      #expect(result.status == 0, "\(result.diagnostics)")
      #expect(result.output.hasPrefix("DAG Runtime Report: My-Model on "), "\(result.output.prefix(80))")
    }
    try FileManager.default.createDirectory(at: folder.url("empty"), withIntermediateDirectories: true)
    let empty = try run(["table", "empty"])
    #expect(empty.status == 66 && empty.diagnostics.contains("a folder without a config.json"))
  }

  @Test(arguments: [
    ("meta-llama/Llama-3.1-8B", 66, "https://huggingface.co/meta-llama/Llama-3.1-8B/raw/main/config.json"),
    ("llama-70b", 66, "near to it is llama-3.1-70b"), ("./none/config.json", 66, "No such file"),
  ])
  func namesThatAreNoModelSayWhatIsExpected(name: String, status: Int32, reason: String) throws {
    let result = try run(["table", name])
    #expect(result.status == status && result.output.isEmpty && result.diagnostics.contains(reason))
    #expect(result.diagnostics.split(separator: "\n").count == 1, "\(result.diagnostics)")
  }

  @Test func devicesAreTakenInAnyCaseAndNearOnesAreNamed() throws {
    #expect(try run(["table", "--device", "H200-SXM-141GB"]).status == 0)
    let near = try run(["table", "--device", "h200"])
    #expect(near.status == 66 && near.diagnostics.contains("near to it is h200-sxm-141gb"), "\(near.diagnostics)")
  }

  @Test(arguments: [
    (", \"architectures\": [\"LlamaForCausalLMEagle3\"]", ":2:", "a draft"),
    (", \"draft_vocab_size\": 512", ":2:", "a draft"), (", \"head_dim\": 1e400", ":2:", "1e400"),
    (", \"attention_bias\": 1", ":2:", "attention_bias is 1"),
  ])
  func whatCannotBeForecastIsOneLineAnd65(more: String, place: String, reason: String) throws {
    let config = try folder.file("config.json", Self.llama(more))
    let result = try run(["estimate", config])
    #expect(result.status == 65 && result.output.isEmpty)
    #expect(result.diagnostics.contains("config.json\(place)") && result.diagnostics.contains(reason))
    #expect(result.diagnostics.split(separator: "\n").count == 1, "\(result.diagnostics)")
  }

  @Test func infinityInAnUnknownKeyIsRead() throws {
    let config = try folder.file("config.json", Self.llama(", \"time_step_limit\": [0.0, Infinity]"))
    let result = try run(["table", config, "--seq", "16"])
    #expect(result.status == 0 && result.diagnostics.contains("time_step_limit"), "\(result.diagnostics)")
  }

  /// A reward model: no product with the vocabulary, and 2048·512 weights of bf16 fewer, but for one label's.
  @Test func aRewardModelHasNoHead() throws {
    func report(_ more: String) throws -> JSONValue {
      let config = try folder.file("config.json", Self.llama(more))
      let result = try run(["estimate", config, "--seq", "64", "--format", "json"])
      #expect(result.status == 0, "\(result.diagnostics)")
      return try JSONDocument(text: result.output, file: "report").root
    }
    func weights(_ report: JSONValue) throws -> Double {
      try report.required("memory").required("items").required("weights_bytes").double()
    }
    let plain = try report("")
    let reward = try report(
      ", \"architectures\": [\"LlamaForSequenceClassification\"], \"id2label\": {\"0\": \"LABEL_0\"}")
    let head = 2.0 * 512 * 2047
    #expect(try weights(plain) - weights(reward) == head)
    let biased = try report(", \"attention_bias\": true")
    // q and o of 512 columns, k and v of 128, in 2 layers of 2 bytes.
    let columns = 2.0 * 512 + 2.0 * 128
    #expect(try weights(biased) - weights(plain) == 4 * columns)
  }

  /// One token of a mixture passes two experts, of which two products are shown.
  @Test func oneTokenPassesTwoExperts() throws {
    let mixtral = Self.llama(", \"num_local_experts\": 16, \"num_experts_per_tok\": 2")
      .replacingOccurrences(of: "\"llama\"", with: "\"mixtral\"")
    let config = try folder.file("config.json", mixtral)
    let result = try run([
      "table", config, "--mode", "decode", "--attention", "fused", "--context", "512", "--batch", "1", "--format",
      "csv",
    ])
    let rows = try CSVDocument(text: result.output, file: "table")
    for name in ["mlp1", "mlp2"] { #expect(rows.rows.first { $0[1] == name }?[6] == "2") }
    #expect(result.diagnostics.contains("visit 2 of 16 experts"))
  }

  @Test func whatFitsIsSaidWithItsNumber() throws {
    let decode = [
      "estimate", "llama-3.1-70b", "--mode", "decode", "--attention", "fused", "--tp", "8", "--context", "8192",
    ]
    let large = try run(decode + ["--batch", "256"])
    let text = words(large.output)
    #expect(
      text.contains("The largest batch that fits is 185, which needs 79.74 GB: --batch 185."), "\(large.diagnostics)")
    #expect(!text.contains("one sequence at a time") && text.contains("the runtime's reserve of"))
    let small = words(try run(decode + ["--batch", "64"]).output)
    #expect(small.contains("it fits") && !small.contains("Fewer micro-batches"))
  }

  @Test func longSequencesAndLargeBatchesAreForecast() throws {
    let long = try run([
      "table", "llama-3.1-8b", "--mode", "training", "--attention", "fused", "--tp", "8", "--dp", "8", "--batch", "256",
      "--micro-batches", "32", "--seq", "131072",
    ])
    #expect(long.status == 0, "\(long.diagnostics)")
    #expect(try run(["table", "reference", "--batch", "12000"]).status == 0)
  }

  @Test func trainingInInt8IsRefusedAndTypesAreSaid() throws {
    let small = ["estimate", "llama-3.1-8b", "--seq", "128", "--mode"]
    let integers = try run(small + ["training", "--dtype", "int8"])
    #expect(integers.status == 64 && integers.diagnostics.contains("training in int8"))
    let bytes = try run(small + ["prefill", "--dtype", "fp8"])
    #expect(
      words(bytes.output).contains("Numbers: products in fp8, weights in fp8, all else in bf16"), "\(bytes.diagnostics)"
    )
  }

  /// 2³³ passes: refused at once, without laying them out.
  @Test func aStepThatNoMachineHoldsIsRefusedInOneLine() throws {
    let result = try run([
      "estimate", "gpt3-175b", "--mode", "training", "--batch", "1073741824", "--micro-batches", "1073741824", "--seq",
      "1",
    ])
    #expect(result.status == 64 && result.output.isEmpty)
    #expect(result.diagnostics.contains("operations") && result.diagnostics.split(separator: "\n").count == 1)
  }
}
