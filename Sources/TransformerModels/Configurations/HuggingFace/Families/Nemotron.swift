extension HuggingFaceFamily {
  /// Nemotron 3 and 4: layer norms, and an MLP without gate whose activation is the square of ReLU.
  static let nemotron = HuggingFaceFamily(types: ["nemotron"], architecture: "NemotronForCausalLM") { reader in
    let hidden = try reader.size("hidden_size")
    var attention = try reader.llamaAttention(hidden: hidden)
    attention.rotated = try reader.rotated(of: attention.headDimension, or: 0.5)
    let mlp = try DenseMLP(
      checked: reader.size("intermediate_size", absent: 24576), isGated: false,
      activation: reader.activation(or: .squaredReLU), hasBias: reader.flag("mlp_bias"))
    return try reader.model(
      hidden: hidden, LayerStack(TransformerLayer(attention, mlp), count: reader.layers()), .layerNorm)
  }
}
