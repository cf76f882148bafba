// Families whose layers are Llama's but for a detail.
extension HuggingFaceFamily {
  /// OLMo 2: norms behind the blocks, and one each over all queries and all keys.
  static let olmo2 = HuggingFaceFamily(types: ["olmo2"], architecture: "Olmo2ForCausalLM") { reader in
    let hidden = try reader.size("hidden_size")
    var attention = try reader.llamaAttention(hidden: hidden)
    attention.queryKeyNorm = attention.queryWidth + attention.keyValueWidth
    return try reader.llamaLike(hidden: hidden, attention, width: 11008, norms: .after)
  }

  /// Granite 3: Llama with constant factors.
  static let granite = HuggingFaceFamily(
    types: ["granite"], architecture: "GraniteForCausalLM",
    harmless: ["embedding_multiplier", "logits_scaling", "residual_multiplier", "attention_multiplier"]
  ) { reader in
    let hidden = try reader.size("hidden_size")
    let attention = try reader.llamaAttention(hidden: hidden)
    return try reader.llamaLike(hidden: hidden, attention, width: 11008, hasMLPBias: reader.flag("mlp_bias"))
  }

  /// InternLM 2, whose code comes with its files: one key gives attention its biases, and the MLP has none.
  static let internLM2 = HuggingFaceFamily(types: ["internlm2"], architecture: "InternLM2ForCausalLM") { reader in
    let hidden = try reader.size("hidden_size")
    let attention = try reader.llamaAttention(hidden: hidden, bias: "bias", or: true)
    // The code that the file names is what is read here.
    _ = reader.object.value("auto_map")
    return try reader.llamaLike(hidden: hidden, attention, width: 11008)
  }
}

extension HuggingFaceReader {
  /// Attention all of whose linear layers have biases or none, and whose heads are turned whole.
  mutating func llamaAttention(
    hidden: Int, heads: Int? = nil, keyValueHeads: Absent = .heads, headDimension: Int? = nil,
    bias key: String = "attention_bias", or usual: Bool = false
  ) throws -> GroupedQueryAttention {
    var attention = try self.heads(
      hidden: hidden, heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension)
    let hasBias = try flag(key, or: usual)
    (attention.hasBias, attention.hasOutputBias) = (hasBias, hasBias)
    attention.rotated = attention.headDimension
    return attention
  }
}
