extension HuggingFaceFamily {
  /// StableLM: layer norms around a gated MLP, blocks after or beside each other.
  static let stableLM = HuggingFaceFamily(types: ["stablelm"], architecture: "StableLmForCausalLM") { reader in
    let hidden = try reader.size("hidden_size")
    let heads = try reader.size("num_attention_heads")
    let keyValueHeads = try reader.size("num_key_value_heads", absent: 32)
    var attention = try GroupedQueryAttention(
      hidden: hidden, heads: heads, keyValueHeads: keyValueHeads, headDimension: nil)
    attention.hasBias = try reader.flag("use_qkv_bias")
    attention.rotated = try reader.rotated(of: attention.headDimension, or: 0.25)
    if try reader.flag("qk_layernorm") { attention.queryKeyNorm = attention.queryWidth + attention.keyValueWidth }
    let mlp = try DenseMLP(
      checked: reader.size("intermediate_size", absent: 6912), isGated: true, activation: reader.activation(or: .silu))
    let layer =
      try reader.flag("use_parallel_residual")
      ? TransformerLayer([.init(attention, mlp)]) : TransformerLayer(attention, mlp)
    reader.object.ignore("rope_pct")
    return try reader.model(
      hidden: hidden, LayerStack(layer, count: reader.layers()), .layerNorm,
      dropout: ["attention_dropout", "hidden_dropout"])
  }
}
