extension HuggingFaceFamily {
  /// Phi 1 to 2: attention and MLP side by side behind one norm, and biases everywhere.
  static let phi = HuggingFaceFamily(types: ["phi"], architecture: "PhiForCausalLM") { reader in
    let hidden = try reader.size("hidden_size")
    var attention = try reader.heads(hidden: hidden)
    (attention.hasBias, attention.hasOutputBias) = (true, true)
    attention.rotated = try reader.rotated(of: attention.headDimension, or: 0.5)
    // A layer norm for queries and one for keys, each of a head's elements.
    if try reader.flag("qk_layernorm") { attention.queryKeyNorm = 4 * (hidden / attention.heads) }
    let mlp = try DenseMLP(
      checked: reader.size("intermediate_size", absent: 8192), isGated: false, activation: reader.activation(or: .gelu),
      hasBias: true)
    var model = try reader.model(
      hidden: hidden, LayerStack(TransformerLayer([.init(attention, mlp)]), count: reader.layers()), .layerNorm,
      dropout: ["resid_pdrop", "attention_dropout"])
    model.ends.hasHeadBias = true
    return model
  }

  /// Phi 3 and 4: Llama's layers without biases, and a window in all of them.
  static let phi3 = HuggingFaceFamily(types: ["phi3"], architecture: "Phi3ForCausalLM") { reader in
    let hidden = try reader.size("hidden_size")
    var attention = try reader.heads(hidden: hidden)
    attention.rotated = try reader.rotated(of: attention.headDimension)
    attention.window = try reader.window()
    let drops = try reader.dropout(["resid_pdrop"])
    var model = try reader.llamaLike(hidden: hidden, attention, width: 8192)
    model.dropout = model.dropout || drops
    return model
  }
}
