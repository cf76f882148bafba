internal import TransformerModels

extension HuggingFaceFamily {
  /// Nemotron 3 and 4: layer norms, and an MLP without gate whose activation is the square of ReLU.
  static let nemotron = HuggingFaceFamily(types: ["nemotron"], architecture: "NemotronForCausalLM") { reader in
    var attention = try reader.heads(bias: "attention_bias")
    attention.rotated = try reader.rotated(of: attention.headDimension, or: 0.5)
    var mlp = try reader.mlp(absent: 24576, isGated: false, or: .squaredReLU)
    mlp.hasBias = try reader.flag("mlp_bias")
    return try reader.model(TransformerLayer(attention, mlp), .layerNorm)
  }
}
