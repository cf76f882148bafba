extension HuggingFaceFamily {
  /// Mistral: no biases, and a window in every layer.
  static let mistral = HuggingFaceFamily(types: ["mistral"], architecture: "MistralForCausalLM") { reader in
    let hidden = try reader.size("hidden_size")
    var attention = try reader.mistralAttention(hidden: hidden)
    attention.window = try reader.window(absent: 4096)
    return try reader.llamaLike(hidden: hidden, attention, width: 14336)
  }

  /// Mixtral: Mistral's attention before experts.
  static let mixtral = HuggingFaceFamily(types: ["mixtral"], architecture: "MixtralForCausalLM") { reader in
    let hidden = try reader.size("hidden_size")
    var attention = try reader.mistralAttention(hidden: hidden)
    attention.window = try reader.window()
    let expert = try DenseMLP(
      checked: reader.size("intermediate_size", absent: 14336), isGated: true, activation: reader.activation(or: .silu))
    let experts = try ExpertMLP(
      checked: reader.size("num_local_experts", absent: 8), topK: reader.size("num_experts_per_tok", absent: 2),
      expert: expert)
    return HuggingFaceModel(
      hidden: hidden, stack: LayerStack(TransformerLayer(attention, experts), count: try reader.layers()),
      normalization: .rmsNorm, ends: try reader.ends(isTied: false), maximumPositions: try reader.positions(),
      dropout: try reader.dropout(["attention_dropout"]))
  }
}

extension HuggingFaceReader {
  fileprivate mutating func mistralAttention(hidden: Int) throws -> GroupedQueryAttention {
    var attention = try heads(hidden: hidden, keyValueHeads: .number(8))
    attention.rotated = attention.headDimension
    return attention
  }
}
