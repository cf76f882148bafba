internal import DataFiles
internal import TransformerModels

extension HuggingFaceFamily {
  /// DBRX: experts in every layer, and norms with gains alone.
  static let dbrx = HuggingFaceFamily(
    types: ["dbrx"], architecture: "DbrxForCausalLM", sizes: .mosaic,
    harmless: [
      "emb_pdrop", "attn_config.model_type", "attn_config.rope_theta", "attn_config.attn_pdrop",
      "ffn_config.model_type", "ffn_config.hidden_size", "ffn_config.moe_jitter_eps", "ffn_config.moe_loss_weight",
      "ffn_config.moe_normalize_expert_weights",
    ]
  ) { reader in
    var keyValueHeads = 1
    var drops = false
    try reader.inside("attn_config") { part in
      keyValueHeads = try part.optionalExtent("kv_n_heads") ?? keyValueHeads
      drops = try part.fraction("attn_pdrop") ?? 0 > 0
      part.note("clip_qkv", clipping)
    }
    var attention = try reader.plainHeads(keyValueHeads: keyValueHeads)
    attention.rotated = attention.headDimension
    var sizes = (width: 3584, count: 4, topK: 1, activation: DenseMLP.Activation.silu)
    try reader.inside("ffn_config") { part in
      sizes.width = try part.optionalExtent("ffn_hidden_size") ?? sizes.width
      sizes.count = try part.optionalExtent("moe_num_experts") ?? sizes.count
      sizes.topK = try part.optionalExtent("moe_top_k") ?? sizes.topK
      if let name = part.value("ffn_act_fn")?["name"] { sizes.activation = try HuggingFaceReader.activation(name) }
    }
    let expert = try DenseMLP(checked: sizes.width, isGated: true, activation: sizes.activation)
    let experts = try ExpertMLP(checked: sizes.count, topK: sizes.topK, expert: expert)
    var model = try reader.model(TransformerLayer(attention, experts), .gainLayerNorm, dropout: ["resid_pdrop"])
    try reader.refuse("tie_word_embeddings", "dbrx models have an embedding and a head of their own")
    model.dropout = model.dropout || drops
    return model
  }
}
