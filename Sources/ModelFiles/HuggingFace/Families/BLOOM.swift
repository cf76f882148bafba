internal import TransformerModels

extension HuggingFaceFamily {
  /// BLOOM: biases in all layers, positions as slopes added to the scores, and a norm behind the embedding.
  static let bloom = HuggingFaceFamily(
    types: ["bloom"], architecture: "BloomForCausalLM",
    sizes: HuggingFaceSizes(
      hidden: HuggingFaceSize("hidden_size", alias: "n_embed"), heads: HuggingFaceSizes.gpt.heads,
      layers: HuggingFaceSizes.gpt.layers),
    harmless: [
      "apply_residual_connection_post_layernorm", "masked_softmax_fusion", "bias_dropout_fusion", "skip_bias_add",
      "skip_bias_add_qkv", "offset_alibi",
    ]
  ) { reader in
    var attention = try reader.plainHeads()
    attention.hasBiases = true
    let mlp = try DenseMLP(checked: 4 * reader.hidden, isGated: false, activation: .gelu, hasBias: true)
    reader.object.note("slow_but_exact", "products are counted whole, not in slices")
    var model = try reader.model(
      TransformerLayer(attention, mlp), .layerNorm, isTied: true, dropout: ["attention_dropout", "hidden_dropout"])
    model.ends.hasEmbeddingNorm = true
    return model
  }
}
