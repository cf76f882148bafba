internal import DataFiles

extension HuggingFaceFamily {
  /// Gemma: Llama's layers with wide heads and GELU.
  static let gemma = HuggingFaceFamily(types: ["gemma"], architecture: "GemmaForCausalLM") { reader in
    let hidden = try reader.size("hidden_size")
    let attention = try reader.gemmaAttention(hidden: hidden, keyValueHeads: 16)
    let layer = TransformerLayer(attention, try reader.gemmaMLP("hidden_act", width: 24576))
    reader.object.ignore("hidden_activation", as: "gelu_pytorch_tanh")
    return try reader.model(hidden: hidden, LayerStack(layer, count: reader.layers()), isTied: true)
  }

  /// Gemma 2: norms before and behind each block, capped scores, and a window in every other layer.
  static let gemma2 = HuggingFaceFamily(
    types: ["gemma2"], architecture: "Gemma2ForCausalLM", harmless: gemmaHarmless
  ) { reader in
    let hidden = try reader.size("hidden_size")
    let attention = try reader.gemmaAttention(hidden: hidden, keyValueHeads: 4, isCapped: true)
    return try reader.gemmaModel(hidden: hidden, attention, pattern: 2)
  }

  /// Gemma 3: norms of queries and keys, and all of the sequence seen in every sixth layer.
  static let gemma3 = HuggingFaceFamily(
    types: ["gemma3_text"], architecture: "Gemma3ForCausalLM", harmless: gemmaHarmless
  ) { reader in
    let hidden = try reader.size("hidden_size", absent: 2304)
    var attention = try reader.gemmaAttention(hidden: hidden, heads: 8, keyValueHeads: 4, isCapped: false)
    attention.queryKeyNorm = 2 * attention.headDimension
    let pattern = try reader.size("sliding_window_pattern", or: 6)
    return try reader.gemmaModel(hidden: hidden, attention, vocabulary: 262_208, pattern: pattern, layers: 26)
  }

  /// By what scores are scaled, and at which height they are capped.
  private static let gemmaHarmless: Set<String> = ["query_pre_attn_scalar", "attn_logit_softcapping"]
}

extension HuggingFaceReader {
  /// `isCapped` is whether scores and logits are capped where the file does not say; nil where they never are.
  fileprivate mutating func gemmaAttention(
    hidden: Int, heads: Int? = nil, keyValueHeads: Int, isCapped: Bool? = nil
  ) throws -> GroupedQueryAttention {
    var attention = try llamaAttention(
      hidden: hidden, heads: heads, keyValueHeads: .number(keyValueHeads), headDimension: 256)
    guard let isCapped else { return attention }
    attention.isCapped = isSet("attn_logit_softcapping", absent: isCapped)
    if isSet("final_logit_softcapping", absent: isCapped) {
      let value = object.value("final_logit_softcapping").map { "is \($0.shortText)" } ?? "is absent and 30 for \(type)"
      notes.append(.key("final_logit_softcapping", meaning: "\(value): the cap on the logits is left out"))
    }
    return attention
  }

  fileprivate mutating func gemmaMLP(_ key: String, width: Int) throws -> DenseMLP {
    try DenseMLP(
      checked: size("intermediate_size", absent: width), isGated: true, activation: activation(key, or: .gelu))
  }

  /// Every `pattern`-th layer sees all of the sequence unless `layer_types` says.
  fileprivate mutating func gemmaModel(
    hidden: Int, _ attention: GroupedQueryAttention, vocabulary: Int? = nil, pattern: Int, layers usual: Int? = nil
  ) throws -> HuggingFaceModel {
    let mlp = try gemmaMLP("hidden_activation", width: 9216)
    object.ignore("hidden_act", as: try object.value("hidden_activation")?.string() ?? "gelu_pytorch_tanh")
    let windowed = try windowed(layers(absent: usual), key: "sliding_window_pattern") {
      !($0 + 1).isMultiple(of: pattern)
    }
    let window = try window(absent: 4096)
    let stack = LayerStack(windowed: windowed, window: window) {
      var attention = attention
      attention.window = $0
      return TransformerLayer(attention, mlp, norms: .both)
    }
    return try model(hidden: hidden, stack, isTied: true, vocabulary: vocabulary)
  }
}
