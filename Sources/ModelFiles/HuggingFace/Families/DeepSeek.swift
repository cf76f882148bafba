internal import TransformerModels

extension HuggingFaceFamily {
  /// DeepSeek V2: latent attention, and experts behind the first dense layers.
  static let deepSeek2 = HuggingFaceFamily(
    types: ["deepseek_v2"], architecture: "DeepseekV2ForCausalLM", harmless: groupedHarmless
  ) { reader in
    let attention = try reader.latentAttention()
    let hasBias = try reader.flag("mlp_bias")
    var experts = try reader.sharingExperts(64, alias: "num_experts", topK: nil, width: 1407, shared: 2)
    experts.shared?.hasBias = hasBias
    return try reader.model(reader.denseFirst(attention, experts, count: 0, width: 11008, hasBias: hasBias))
  }

  /// DeepSeek V3, and Kimi K2, which is read as one.
  static let deepSeek3 = HuggingFaceFamily(
    types: ["deepseek_v3", "kimi_k2"], architecture: "DeepseekV3ForCausalLM", harmless: groupedHarmless
  ) { reader in
    let attention = try reader.latentAttention()
    let experts = try reader.sharingExperts(256, topK: 8, width: 2048, shared: 1)
    return try reader.model(reader.denseFirst(attention, experts, count: 3, width: 18432))
  }
}

extension HuggingFaceReader {
  /// Attention of DeepSeek's kind; a null `q_lora_rank` makes queries from the stream itself.
  fileprivate mutating func latentAttention() throws -> LatentAttention {
    let heads = try size(family.sizes.heads)
    // All heads share one narrow vector, whatever these say.
    object.ignore("num_key_value_heads", as: "\(heads)")
    object.ignore("moe_layer_freq", as: "1")
    var attention = try LatentAttention(
      heads: heads, queryRank: isSet("q_lora_rank", absent: true) ? size("q_lora_rank", absent: 1536) : nil,
      keyValueRank: size("kv_lora_rank", absent: 512), plainDimension: size("qk_nope_head_dim", absent: 128),
      rotaryDimension: size("qk_rope_head_dim", absent: 64), valueDimension: size("v_head_dim", absent: 128))
    attention.hasBias = try flag("attention_bias")
    return attention
  }
}
