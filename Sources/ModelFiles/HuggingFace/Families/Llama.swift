internal import TransformerModels

extension HuggingFaceFamily {
  static let llama = HuggingFaceFamily(types: ["llama"], architecture: "LlamaForCausalLM") { reader in
    let attention = try reader.heads(bias: "attention_bias")
    return try reader.llamaLike(attention, width: 11008, hasMLPBias: reader.flag("mlp_bias"))
  }

  /// Granite 3: Llama with constant factors.
  static let granite = HuggingFaceFamily(
    types: ["granite"], architecture: "GraniteForCausalLM",
    harmless: ["embedding_multiplier", "logits_scaling", "residual_multiplier", "attention_multiplier"],
    read: llama.read)

  /// OLMo 2: norms behind the blocks, and one each over all queries and all keys.
  static let olmo2 = HuggingFaceFamily(types: ["olmo2"], architecture: "Olmo2ForCausalLM") { reader in
    var attention = try reader.heads(bias: "attention_bias")
    attention.queryKeyNorm = attention.queryKeyWidth
    return try reader.llamaLike(attention, width: 11008, norms: .after)
  }

  /// InternLM 2, whose code comes with its files: one key gives attention its biases, and the MLP has none.
  static let internLM2 = HuggingFaceFamily(types: ["internlm2"], architecture: "InternLM2ForCausalLM") { reader in
    let attention = try reader.heads(bias: "bias", or: true)
    // The code that the file names is what is read here.
    _ = reader.object.value("auto_map")
    return try reader.llamaLike(attention, width: 11008)
  }
}

extension HuggingFaceReader {
  /// What Llama and its many descendants share behind their attention: a gated MLP and RMS norms.
  ///
  /// `windowed` says which layers see no more than `attention.window` positions; all where it is nil.
  mutating func llamaLike(
    _ attention: GroupedQueryAttention, width: Int, hasMLPBias: Bool = false, windowed: [Bool]? = nil,
    norms: TransformerLayer.Norms = .before
  ) throws -> HuggingFaceModel {
    let mlp = try mlp(absent: width, hasBias: hasMLPBias)
    let layers = try layers()
    return try model(
      LayerStack(windowed: windowed ?? Array(repeating: true, count: layers), window: attention.window) {
        TransformerLayer(attention.with(window: $0), mlp, norms: norms)
      })
  }
}
