internal import DataFiles
internal import TransformerModels

extension HuggingFaceFamily {
  /// MPT: no biases, norms with gains alone, and positions as slopes added to the scores.
  static let mpt = HuggingFaceFamily(
    types: ["mpt"], architecture: "MptForCausalLM", sizes: .mosaic,
    harmless: [
      "emb_pdrop", "init_device", "init_config", "logit_scale", "embedding_fraction", "verbose",
      "attn_config.attn_impl", "attn_config.alibi_bias_max", "attn_config.softmax_scale",
      "attn_config.attn_uses_sequence_id", "attn_config.attn_pdrop",
    ]
  ) { reader in
    let attention = try reader.plainHeads()
    let mlp = try DenseMLP(checked: 4 * reader.hidden, isGated: false, activation: .gelu)
    // Every layer is so, whatever these say.
    reader.object.ignore("expansion_ratio", as: "4")
    reader.object.ignore("no_bias", as: "true")
    reader.object.ignore("norm_type", as: "low_precision_layernorm")
    var model = try reader.model(TransformerLayer(attention, mlp), .gainLayerNorm, isTied: true, dropout: [])
    try reader.inside("attn_config") { part in
      model.dropout = try part.fraction("attn_pdrop") ?? 0 > 0
      part.ignore("attn_type", as: "multihead_attention")
      part.ignore("alibi", as: "true")
      for key in ["prefix_lm", "qk_ln", "kv_n_heads", "rope", "sliding_window_size"] { part.ignore(key) }
      part.note("clip_qkv", clipping)
    }
    reader.object.ignore("learned_pos_emb", as: "true")
    return model
  }

  /// What is said of bounds for queries, keys and values.
  static let clipping = "the clipping of queries, keys and values is left out"
}
