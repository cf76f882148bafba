extension HuggingFaceFamily {
  /// GPT-NeoX and Pythia: attention and MLP side by side, each behind a norm of its own.
  static let neoX = HuggingFaceFamily(
    types: ["gpt_neox"], architecture: "GPTNeoXForCausalLM", harmless: ["rotary_emb_base"]
  ) { reader in
    let hidden = try reader.size("hidden_size")
    var attention = try GroupedQueryAttention(
      hidden: hidden, heads: reader.size("num_attention_heads"), keyValueHeads: nil, headDimension: nil)
    let hasBias = try reader.flag("attention_bias", or: true)
    (attention.hasBias, attention.hasOutputBias) = (hasBias, hasBias)
    attention.rotated = try reader.rotated(of: attention.headDimension, key: "rotary_pct", or: 0.25)
    let mlp = try DenseMLP(
      checked: reader.size("intermediate_size", absent: 24576), isGated: false,
      activation: reader.activation(or: .gelu),
      hasBias: true)
    let layer =
      try reader.flag("use_parallel_residual", or: true)
      ? TransformerLayer([.init(attention, mlp, hasNormForEach: true)]) : TransformerLayer(attention, mlp)
    return HuggingFaceModel(
      hidden: hidden, stack: LayerStack(layer, count: try reader.layers()), normalization: .layerNorm,
      ends: try reader.ends(isTied: false), maximumPositions: try reader.positions(),
      dropout: try reader.dropout(["attention_dropout", "hidden_dropout"]))
  }
}
