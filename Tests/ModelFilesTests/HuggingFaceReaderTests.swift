import DataFiles
import Foundation
import GEMMTiming
import ModelFiles
import Testing

@testable import TransformerModels

/// What files say beside the sizes: every key is used, harmless, noted or an error.
@Suite struct HuggingFaceReaderTests {
  /// A small file of a family whose sizes are spelled as Llama's.
  private static func file(_ type: String = "llama", _ more: String = "", without key: String? = nil) -> String {
    let members = [
      ("model_type", "\"\(type)\""), ("hidden_size", "64"), ("intermediate_size", "256"), ("num_hidden_layers", "3"),
      ("num_attention_heads", "8"), ("num_key_value_heads", "2"), ("vocab_size", "1000"),
      ("max_position_embeddings", "4096"),
    ].filter { $0.0 != key }
    return "{\n" + members.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ",\n")
      + (more.isEmpty ? "" : ",\n\(more)") + "\n}"
  }

  private static func gpt2(_ more: String) -> String {
    "{\"model_type\": \"gpt2\", \"n_embd\": 64, \"n_layer\": 3, \"n_head\": 8, \"n_positions\": 512, \"vocab_size\": 1000\(more)}"
  }

  private func read(_ text: String) throws -> ModelConfiguration {
    try ModelConfiguration(huggingFace: JSONDocument(text: text, file: "config.json").root, name: "fallback")
  }

  private func notes(_ text: String, sequence: Int = 128, dtype: DataType = .bf16) throws -> String {
    let plan = try ParallelPlan(batch: 1, sequence: sequence, dtype: dtype)
    let model = try read(text)
    return model.notes.filter { $0.applies(to: plan) }.map(\.description).joined(separator: "\n")
  }

  private func failure(_ text: String) -> FileError? {
    do {
      _ = try read(text)
      return nil
    } catch ModelError.file(let error) { return error } catch { return nil }
  }

  /// Weights of a layer's biases by hand: q 64, k and v 16 each, o 64; gate and up 512, down 64.
  @Test(arguments: [
    ("llama", "\"attention_bias\": true", 64 + 32 + 64), ("llama", "\"mlp_bias\": true", 512 + 64),
    ("llama", "\"attention_bias\": true, \"mlp_bias\": true", 160 + 576), ("llama", "\"attention_bias\": false", 0),
    ("qwen2", "", 96), ("qwen3", "\"attention_bias\": true, \"head_dim\": 8", 160),
    ("mistral", "\"attention_bias\": true", 0), ("mixtral", "\"num_local_experts\": 1, \"num_experts_per_tok\": 1", 0),
  ])
  func biasesAreThoseOfTransformers(type: String, more: String, biases: Int) throws {
    let model = try read(Self.file(type, more))
    // q and o 64·64, k and v 64·16, three of the MLP 64·256, two norms, a router's column.
    // and of Qwen3's two norms of a head's 8 elements each.
    let plain =
      2 * 64 * 64 + 2 * 64 * 16 + 3 * 64 * 256 + 2 * 64 + (type == "mixtral" ? 64 : type == "qwen3" ? 16 : 0)
    #expect(try model.layerParameters == Double(plain + biases))
    if type == "mistral" { #expect(try notes(Self.file(type, more)).contains("attention_bias is true")) }
  }

  @Test func neoXHasBiasesThatOneKeyTakesAway() throws {
    let (with, without) = (
      try read(Self.file("gpt_neox")), try read(Self.file("gpt_neox", "\"attention_bias\": false"))
    )
    #expect(try with.layerParameters - without.layerParameters == 4 * 64)
    #expect(without.attention?.hasBias == false && without.mlp?.hasBias == true)
  }

  @Test func multiQueryAttentionHasOneKeyValueHead() throws {
    #expect(try read(Self.gpt2("")).keyValueHeads == 8)
    #expect(try read(Self.gpt2(", \"attention_head_type\": \"multiquery\"")).keyValueHeads == 1)
    #expect(try read(Self.gpt2(", \"attention_head_type\": \"multihead\"")).keyValueHeads == 8)
    #expect(try read(Self.gpt2(", \"multi_query\": true")).keyValueHeads == 1)
    let bigCode = Self.gpt2("").replacingOccurrences(of: "\"gpt2\"", with: "\"gpt_bigcode\"")
    #expect(try read(bigCode).keyValueHeads == 1)
    #expect(
      failure(Self.gpt2(", \"attention_head_type\": \"other\""))?.description.contains("attention_head_type") == true)
    #expect(try notes(Self.file("llama", "\"multi_query\": true")).contains("multi_query is true"))
  }

  /// Absent is the default of the family's class, null is as many as there are heads.
  @Test func absentKeyValueHeadsAreTheFamilys() throws {
    #expect(try read(Self.file("llama", without: "num_key_value_heads")).keyValueHeads == 8)
    let mistral = Self.file("mistral", "\"num_key_value_heads\": null", without: "num_key_value_heads")
      .replacingOccurrences(of: "\"num_attention_heads\": 8", with: "\"num_attention_heads\": 16")
    #expect(try read(mistral).keyValueHeads == 16)
    let absent = mistral.replacingOccurrences(of: ",\n\"num_key_value_heads\": null", with: "")
    #expect(try read(absent).keyValueHeads == 8)
    #expect(try notes(absent).contains("num_key_value_heads is absent and taken as 8"))
    #expect(try read(Self.file("qwen3")).headDimension == 128)
    #expect(try read(Self.file("llama", "\"head_dim\": null")).headDimension == 8)
  }

  /// The window of each of three layers.
  @Test(
    arguments: [
      ("mistral", "\"sliding_window\": 64", [64, 64, 64]), ("mistral", "\"sliding_window\": null", [nil, nil, nil]),
      ("mistral", "", [4096, 4096, 4096]), ("qwen2", "\"sliding_window\": 64", [nil, nil, nil]),
      ("qwen2", "\"sliding_window\": 64, \"use_sliding_window\": true, \"max_window_layers\": 0", [64, 64, 64]),
      ("qwen2", "\"sliding_window\": 64, \"use_sliding_window\": true, \"max_window_layers\": 2", [nil, nil, 64]),
      (
        "qwen3",
        "\"sliding_window\": 64, \"use_sliding_window\": true, \"layer_types\": [\"sliding_attention\", \"full_attention\", \"full_attention\"]",
        [64, nil, nil]
      ),
    ] as [(String, String, [Int?])])
  func windowsStandInTheirLayers(type: String, more: String, windows: [Int?]) throws {
    let stack = try read(Self.file(type, more)).stack
    let found = stack.runs.flatMap { run in
      Array(repeating: stack.kinds[run.kind].block(GroupedQueryAttention.self)?.window, count: run.count)
    }
    #expect(found == windows)
  }

  @Test func listsOfLayersAreChecked() throws {
    #expect(
      failure(Self.file("qwen3", "\"layer_types\": [\"full_attention\"]"))?.description.contains("1 entries") == true)
    let other = Self.file("qwen3", "\"layer_types\": [\"full_attention\", \"linear_attention\", \"full_attention\"]")
    #expect(failure(other)?.description.contains("linear_attention") == true)
    #expect(failure(Self.file("mistral", "\"sliding_window\": 0"))?.line == 10)
    #expect(failure(Self.file("qwen3", "\"layer_types\": 3"))?.line == 10)
  }

  @Test(arguments: [
    ("{\"quant_method\": \"fp8\", \"fmt\": \"e4m3\"}", "fp8 with 8 bits"),
    ("{\"quant_method\": \"gptq\", \"bits\": 4}", "gptq with 4 bits"),
    ("{\"quant_method\": \"awq\", \"w_bit\": 4}", "awq with 4 bits"),
    (
      "{\"quant_method\": \"bitsandbytes\", \"load_in_4bit\": true, \"load_in_8bit\": false}",
      "bitsandbytes with 4 bits"
    ),
    (
      "{\"quant_method\": \"compressed-tensors\", \"config_groups\": {\"group_0\": {\"weights\": {\"num_bits\": 8}}}}",
      "compressed-tensors with 8 bits"
    ),
    ("{\"some\": 1}", "of an unknown method"),
  ])
  func quantizationIsNoted(value: String, words: String) throws {
    #expect(
      try notes(Self.file("llama", "\"quantization_config\": \(value)")).contains("quantization_config is \(words)"))
  }

  @Test func quantizationOfTheStepsOwnBitsIsNone() throws {
    let text = Self.file("llama", "\"quantization_config\": {\"quant_method\": \"fp8\"}")
    #expect(try notes(text, dtype: .fp8).isEmpty)
    #expect(try notes(Self.file("llama", "\"quantization_config\": null")).isEmpty)
    #expect(failure(Self.file("llama", "\"quantization_config\": \"fp8\""))?.line == 10)
  }

  @Test func theFilesElementTypeIsSaidWhereItIsAnother() throws {
    #expect(try notes(Self.file("llama", "\"torch_dtype\": \"float32\"")).contains("--dtype fp32"))
    #expect(try notes(Self.file("llama", "\"dtype\": \"bfloat16\"")).isEmpty)
    #expect(try notes(Self.file("llama", "\"torch_dtype\": \"float32\""), dtype: .fp32).isEmpty)
    #expect(failure(Self.file("llama", "\"torch_dtype\": 32"))?.line == 10)
  }

  @Test(arguments: [
    "LlamaForCausalLMEagle3", "EagleLlamaForCausalLM", "MedusaModel", "MLPSpeculatorPreTrainedModel", "LlamaDraftModel",
  ])
  func draftsAreRefused(name: String) {
    let error = failure(Self.file("llama", "\"architectures\": [\"\(name)\"]"))
    #expect(error?.line == 10 && error?.description.contains(name) == true)
  }

  /// A head of labels in place of 1000 tokens: its weights are the labels', and its product is left out.
  @Test(arguments: [
    ("LlamaForSequenceClassification", "\"id2label\": {\"0\": \"LABEL_0\"}", 1),
    ("LlamaForSequenceClassification", "\"num_labels\": 5", 5), ("LlamaForTokenClassification", "\"x\": null", 2),
    ("LlamaForRewardModel", "\"x\": null", 1), ("LlamaModel", "\"x\": null", 0),
  ])
  func modelsWithoutALanguageHead(name: String, labels: String, count: Int) throws {
    let plain = try read(Self.file())
    let model = try read(Self.file("llama", "\"architectures\": [\"\(name)\"], \(labels)"))
    #expect(plain.parameters - model.parameters == Double(64 * (1000 - count)))
    #expect(model.notes.description.contains(name) && model.headColumns == nil)
    let plan = try ParallelPlan(tp: 2, pp: 3, microBatches: 2, batch: 2, sequence: 64)
    for work in [StepOptions.Work.forward, .training] {
      let options = StepOptions(work: work, schedule: work == .training ? .oneForwardOneBackward : .gPipe)
      let step = try StepEstimate(model: model, plan: plan, options: options, timeModel: Free())
      let roles = Set((0..<step.step.nodeCount).map { step.step.operation(of: $0).role })
      #expect(
        !roles.contains(.head) && !roles.contains(.loss) && roles.contains(.finalNorm) && roles.contains(.embedding))
    }
  }

  private struct Free: GEMMTimeModel {
    var deviceName: String { "free" }
    func peakFlops(_ dtype: DataType) -> Double? { nil }
    func predict(_ operation: GEMMTiming.Operation) throws(UnsupportedOperation) -> TimePrediction {
      TimePrediction(seconds: 1, low: 1, high: 1, bound: .compute, source: .specification)
    }
  }

  @Test(arguments: [
    "\"is_encoder_decoder\": true", "\"add_cross_attention\": true", "\"draft_vocab_size\": 8000",
    "\"block_configs\": [{}]", "\"num_hidden_layers\": \"3\"",
    "\"attention_dropout\": 2", "\"architectures\": \"LlamaForCausalLM\"",
    "\"attention_bias\": 1", "\"tie_word_embeddings\": \"yes\"", "\"hidden_act\": \"xielu\"", "\"_name_or_path\": 3",
  ])
  func whatCannotBeForecastIsAnErrorAtTheKey(member: String) {
    let isSize = member.contains("num_hidden_layers")
    let text = Self.file("llama", member, without: isSize ? "num_hidden_layers" : nil)
    #expect(failure(text)?.line == (isSize ? 9 : 10), "\(member)")
  }

  @Test(arguments: [
    "\"kv_lora_rank\": 512", "\"n_routed_experts\": 8", "\"num_local_experts\": 4", "\"layer_types\": 3",
    "\"sliding_window\": 64", "\"attention_chunk_size\": 64",
    "\"num_nextn_predict_layers\": 1", "\"attn_logit_softcapping\": 50.0", "\"auto_map\": {\"AutoModel\": \"x.y\"}",
    "\"never_seen\": [0.0, Infinity]", "\"is_causal\": false", "\"architectures\": [\"FooForCausalLM\"]",
    "\"use_qk_norm\": true", "\"clip_qkv\": 8", "\"torch_dtype\": \"mystery\"",
  ])
  func whatIsNearIsNotedByItsKey(member: String) throws {
    let key = try #require(member.split(separator: "\"").first)
    #expect(try notes(Self.file("llama", member)).contains(key))
  }

  @Test func whatIsOffIsNotNoted() throws {
    for member in [
      "\"is_encoder_decoder\": false", "\"kv_lora_rank\": null", "\"num_nextn_predict_layers\": 0",
      "\"is_causal\": true",
      "\"rope_theta\": 1e6, \"bos_token_id\": 1, \"use_cache\": true", "\"architectures\": null", "\"new_key\": null",
    ] { #expect(try notes(Self.file("llama", member)).isEmpty, "\(member)") }
  }

  /// Side by side the blocks have one branch, with a norm for each, and one exchange.
  @Test func parallelResidualsAreOneBranch() throws {
    func branches(_ more: String) throws -> Int { try read(Self.file("gpt_neox", more)).stack.kinds[0].branches.count }
    #expect(try branches("") == 1 && branches("\"use_parallel_residual\": true") == 1)
    #expect(try branches("\"use_parallel_residual\": false") == 2)
    let plan = try ParallelPlan(tp: 2, batch: 1, sequence: 16)
    let layer = try LayerGraph(model: read(Self.file("gpt_neox")), plan: plan)
    #expect(layer.forward.map(\.name).filter { $0.hasSuffix("_allreduce") } == ["attn_allreduce"])
    #expect(layer.forward.map(\.name).filter { $0.hasPrefix("ln") } == ["ln1", "ln1b"])
  }

  @Test func theLanguageModelOfSeveralIsRead() throws {
    for key in ["text_config", "llm_config", "language_config"] {
      let text = """
        {"model_type": "llava", "architectures": ["LlavaForConditionalGeneration"], "vision_config": {"hidden_size": 9},
         "tie_word_embeddings": true, "\(key)": \(Self.file())}
        """
      let model = try read(text)
      #expect(model.hidden == 64 && model.tiedEmbeddings)
      let words = model.notes.map(\.description).joined()
      #expect(words.contains("\"llava\"") && words.contains(key) && words.contains("vision_config"))
    }
    let other = failure("{\"model_type\": \"llava\",\n \"text_config\": {\"model_type\": \"mamba\"}}")
    #expect(other?.line == 2 && other?.description.contains("text_config") == true)
  }

  @Test func filesOfOtherKindsAreToldApart() {
    let adapter = failure("{\"peft_type\": \"LORA\", \"base_model_name_or_path\": \"org/base\", \"r\": 8}")
    #expect(adapter?.description.contains("adapter") == true && adapter?.description.contains("org/base") == true)
    #expect(failure("{\"dim\": 4096, \"n_layers\": 32}")?.description.contains("params.json") == true)
    #expect(failure("[1]")?.description.contains("an object with model_type") == true)
  }

  @Test func moreLayersThanAnyModelHasAreRefused() throws {
    func deep(_ layers: Int) -> String {
      Self.file("llama", "\"num_hidden_layers\": \(layers)", without: "num_hidden_layers")
    }
    #expect(try read(deep(4096)).layers == 4096)
    let error = try #require(failure(deep(4097)))
    #expect(
      error.problem == "num_hidden_layers is 4097" && error.remedy == "at most 4096 is expected" && error.line == 9)
  }
}
