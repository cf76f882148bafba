internal import TransformerModels

extension HuggingFaceFamily {
  /// Mistral: no biases, and a window in every layer.
  static let mistral = HuggingFaceFamily(types: ["mistral"], architecture: "MistralForCausalLM") { reader in
    var attention = try reader.mistralAttention()
    attention.window = try reader.window(absent: 4096)
    return try reader.llamaLike(attention, width: 14336)
  }

  /// Mixtral: Mistral's attention before experts.
  static let mixtral = HuggingFaceFamily(types: ["mixtral"], architecture: "MixtralForCausalLM") { reader in
    var attention = try reader.mistralAttention()
    attention.window = try reader.window()
    let experts = try reader.experts(absent: 8, topK: 2, reader.mlp(absent: 14336))
    return try reader.model(TransformerLayer(attention, experts))
  }
}

extension HuggingFaceReader {
  fileprivate mutating func mistralAttention() throws -> GroupedQueryAttention {
    var attention = try heads(keyValueHeads: .number(8))
    attention.rotated = attention.headDimension
    return attention
  }
}
