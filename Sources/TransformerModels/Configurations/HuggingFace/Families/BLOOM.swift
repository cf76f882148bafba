extension HuggingFaceFamily {
  /// BLOOM: biases in all layers, positions as slopes added to the scores, and a norm behind the embedding.
  static let bloom = HuggingFaceFamily(
    types: ["bloom"], architecture: "BloomForCausalLM",
    harmless: [
      "apply_residual_connection_post_layernorm", "masked_softmax_fusion", "bias_dropout_fusion", "skip_bias_add",
      "skip_bias_add_qkv", "offset_alibi",
    ]
  ) { reader in
    let hidden = try reader.size("hidden_size", alias: "n_embed")
    var attention = try GroupedQueryAttention(
      hidden: hidden, heads: reader.size("n_head", alias: "num_attention_heads"), keyValueHeads: nil,
      headDimension: nil)
    (attention.hasBias, attention.hasOutputBias) = (true, true)
    let mlp = try DenseMLP(checked: 4 * hidden, isGated: false, activation: .gelu, hasBias: true)
    reader.object.note("slow_but_exact", "products are counted whole, not in slices")
    let layers = try reader.layers("n_layer", alias: "num_hidden_layers")
    var model = try reader.model(
      hidden: hidden, LayerStack(TransformerLayer(attention, mlp), count: layers), .layerNorm, isTied: true,
      dropout: ["attention_dropout", "hidden_dropout"])
    model.ends.hasEmbeddingNorm = true
    return model
  }
}
