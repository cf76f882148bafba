internal import TransformerModels

extension HuggingFaceFamily {
  /// StableLM: layer norms around a gated MLP, blocks after or beside each other.
  static let stableLM = HuggingFaceFamily(types: ["stablelm"], architecture: "StableLmForCausalLM") { reader in
    var attention = try GroupedQueryAttention(
      hidden: reader.hidden, heads: reader.size(reader.family.sizes.heads),
      keyValueHeads: reader.size("num_key_value_heads", absent: 32))
    attention.hasBias = try reader.flag("use_qkv_bias")
    attention.rotated = try reader.rotated(of: attention.headDimension, or: 0.25)
    if try reader.flag("qk_layernorm") { attention.queryKeyNorm = attention.queryKeyWidth }
    let mlp = try reader.mlp(absent: 6912)
    let layer =
      try reader.flag("use_parallel_residual")
      ? TransformerLayer([.init(attention, mlp)]) : TransformerLayer(attention, mlp)
    reader.object.ignore("rope_pct")
    return try reader.model(layer, .layerNorm, dropout: ["attention_dropout", "hidden_dropout"])
  }
}
