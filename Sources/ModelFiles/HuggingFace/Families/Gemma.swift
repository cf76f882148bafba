internal import DataFiles
internal import TransformerModels

extension HuggingFaceFamily {
  /// Gemma: Llama's layers with wide heads and GELU.
  static let gemma = HuggingFaceFamily(types: ["gemma"], architecture: "GemmaForCausalLM") { reader in
    let attention = try reader.gemmaAttention(keyValueHeads: 16)
    let layer = TransformerLayer(attention, try reader.mlp(absent: 24576, or: .gelu))
    reader.object.ignore("hidden_activation", as: "gelu_pytorch_tanh")
    return try reader.model(layer, isTied: true)
  }

  /// Gemma 2: norms before and behind each block, capped scores, and a window in every other layer.
  static let gemma2 = HuggingFaceFamily(
    types: ["gemma2"], architecture: "Gemma2ForCausalLM", harmless: gemmaHarmless
  ) { reader in
    let attention = try reader.gemmaAttention(keyValueHeads: 4, isCapped: true)
    return try reader.gemmaModel(attention, pattern: 2)
  }

  /// Gemma 3: norms of queries and keys, and all of the sequence seen in every sixth layer.
  static let gemma3 = HuggingFaceFamily(
    types: ["gemma3_text"], architecture: "Gemma3ForCausalLM",
    sizes: HuggingFaceSizes(
      hidden: HuggingFaceSize("hidden_size", absent: 2304), heads: HuggingFaceSize("num_attention_heads", absent: 8),
      layers: HuggingFaceSize("num_hidden_layers", absent: 26),
      vocabulary: HuggingFaceSize("vocab_size", absent: 262_208)),
    harmless: gemmaHarmless
  ) { reader in
    var attention = try reader.gemmaAttention(keyValueHeads: 4, isCapped: false)
    attention.queryKeyNorm = 2 * attention.headDimension
    let pattern = try reader.size("sliding_window_pattern", or: 6)
    return try reader.gemmaModel(attention, pattern: pattern)
  }

  /// By what scores are scaled, and at which height they are capped.
  private static let gemmaHarmless: Set<String> = ["query_pre_attn_scalar", "attn_logit_softcapping"]
}

extension HuggingFaceReader {
  /// `isCapped` is whether scores and logits are capped where the file does not say; nil where they never are.
  fileprivate mutating func gemmaAttention(
    keyValueHeads: Int, isCapped: Bool? = nil
  ) throws -> GroupedQueryAttention {
    var attention = try heads(keyValueHeads: .number(keyValueHeads), headDimension: 256, bias: "attention_bias")
    guard let isCapped else { return attention }
    attention.isCapped = isSet("attn_logit_softcapping", absent: isCapped)
    if isSet("final_logit_softcapping", absent: isCapped) {
      let value = object.value("final_logit_softcapping").map { "is \($0.shortText)" } ?? "is absent and 30 for \(type)"
      notes.append(.key("final_logit_softcapping", meaning: "\(value): the cap on the logits is left out"))
    }
    return attention
  }

  /// Every `pattern`-th layer sees all of the sequence unless `layer_types` says.
  fileprivate mutating func gemmaModel(_ attention: GroupedQueryAttention, pattern: Int) throws -> HuggingFaceModel {
    let mlp = try mlp(absent: 9216, activation: "hidden_activation", or: .gelu)
    object.ignore("hidden_act", as: try object.value("hidden_activation")?.string() ?? "gelu_pytorch_tanh")
    let windowed = try windowed(layers(), key: "sliding_window_pattern") { !($0 + 1).isMultiple(of: pattern) }
    let stack = LayerStack(windowed: windowed, window: try window(absent: 4096)) {
      TransformerLayer(attention.with(window: $0), mlp, norms: .both)
    }
    return try model(stack, isTied: true)
  }
}
