extension HuggingFaceFamily {
  static let llama = HuggingFaceFamily(types: ["llama"], architecture: "LlamaForCausalLM") { reader in
    let hidden = try reader.size("hidden_size")
    let attention = try reader.llamaAttention(hidden: hidden)
    return try reader.llamaLike(hidden: hidden, attention, width: 11008, hasMLPBias: reader.flag("mlp_bias"))
  }
}

extension HuggingFaceReader {
  /// What Llama and its many descendants share behind their attention: a gated MLP and RMS norms.
  ///
  /// `windowed` says which layers see no more than `attention.window` positions; all where it is nil.
  mutating func llamaLike(
    hidden: Int, _ attention: GroupedQueryAttention, width usualWidth: Int? = nil, hasMLPBias: Bool = false,
    isTied: Bool = false, windowed: [Bool]? = nil, norms: TransformerLayer.Norms = .before
  ) throws -> HuggingFaceModel {
    let mlp = try DenseMLP(
      checked: size("intermediate_size", absent: usualWidth), isGated: true, activation: activation(or: .silu),
      hasBias: hasMLPBias)
    let layers = try layers()
    let stack = LayerStack(windowed: windowed ?? Array(repeating: true, count: layers), window: attention.window) {
      var attention = attention
      attention.window = $0
      return TransformerLayer(attention, mlp, norms: norms)
    }
    return try model(hidden: hidden, stack, isTied: isTied)
  }
}
