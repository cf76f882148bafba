internal import TransformerModels

extension HuggingFaceFamily {
  /// GPT-NeoX and Pythia: attention and MLP side by side, each behind a norm of its own.
  static let neoX = HuggingFaceFamily(
    types: ["gpt_neox"], architecture: "GPTNeoXForCausalLM", harmless: ["rotary_emb_base"]
  ) { reader in
    var attention = try reader.plainHeads()
    attention.hasBiases = try reader.flag("attention_bias", or: true)
    attention.rotated = try reader.rotated(of: attention.headDimension, key: "rotary_pct", or: 0.25)
    let mlp = try reader.mlp(absent: 24576, isGated: false, or: .gelu, hasBias: true)
    let layer =
      try reader.flag("use_parallel_residual", or: true)
      ? TransformerLayer([.init(attention, mlp, hasNormForEach: true)]) : TransformerLayer(attention, mlp)
    return try reader.model(layer, .layerNorm, dropout: ["attention_dropout", "hidden_dropout"])
  }
}
