internal import TransformerModels

extension HuggingFaceFamily {
  /// StarCoder 2: layer norms, an MLP without gate, and biases that one key takes away.
  static let starCoder2 = HuggingFaceFamily(
    types: ["starcoder2"], architecture: "Starcoder2ForCausalLM", harmless: ["norm_epsilon"]
  ) { reader in
    var attention = try reader.heads(keyValueHeads: .number(2), bias: "use_bias", or: true)
    attention.window = try reader.window()
    let mlp = try reader.mlp(absent: 12288, isGated: false, or: .gelu, hasBias: attention.hasBias)
    reader.object.ignore("mlp_type", as: "default")
    reader.object.ignore("norm_type", as: "layer_norm")
    return try reader.model(
      TransformerLayer(attention, mlp), .layerNorm, isTied: true, dropout: ["attention_dropout", "residual_dropout"])
  }
}
