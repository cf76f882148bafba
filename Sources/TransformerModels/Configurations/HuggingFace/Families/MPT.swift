internal import DataFiles

extension HuggingFaceFamily {
  /// MPT: no biases, norms with gains alone, and positions as slopes added to the scores.
  static let mpt = HuggingFaceFamily(
    types: ["mpt"], architecture: "MptForCausalLM",
    harmless: [
      "emb_pdrop", "init_device", "init_config", "logit_scale", "embedding_fraction", "verbose",
      "attn_config.attn_impl",
      "attn_config.alibi_bias_max", "attn_config.softmax_scale", "attn_config.attn_uses_sequence_id",
      "attn_config.attn_pdrop",
    ]
  ) { reader in
    let hidden = try reader.size("d_model", alias: "hidden_size")
    let attention = try GroupedQueryAttention(
      hidden: hidden, heads: reader.size("n_heads", alias: "num_attention_heads"), keyValueHeads: nil,
      headDimension: nil)
    let mlp = try DenseMLP(checked: 4 * hidden, isGated: false, activation: .gelu)
    // Every layer is so, whatever these say.
    reader.object.ignore("expansion_ratio", as: "4")
    reader.object.ignore("no_bias", as: "true")
    reader.object.ignore("norm_type", as: "low_precision_layernorm")
    let layers = try reader.layers("n_layers", alias: "num_hidden_layers")
    var model = try reader.model(
      hidden: hidden, LayerStack(TransformerLayer(attention, mlp), count: layers), .gainLayerNorm, isTied: true,
      positions: "max_seq_len", dropout: [])
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
