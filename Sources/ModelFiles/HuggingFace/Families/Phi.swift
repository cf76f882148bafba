internal import TransformerModels

extension HuggingFaceFamily {
  /// Phi 1 to 2: attention and MLP side by side behind one norm, and biases everywhere.
  static let phi = HuggingFaceFamily(types: ["phi"], architecture: "PhiForCausalLM") { reader in
    var attention = try reader.heads()
    attention.hasBiases = true
    attention.rotated = try reader.rotated(of: attention.headDimension, or: 0.5)
    // A layer norm for queries and one for keys, each of a head's elements.
    if try reader.flag("qk_layernorm") { attention.queryKeyNorm = 4 * (reader.hidden / attention.heads) }
    let mlp = try reader.mlp(absent: 8192, isGated: false, or: .gelu, hasBias: true)
    var model = try reader.model(
      TransformerLayer([.init(attention, mlp)]), .layerNorm, dropout: ["resid_pdrop", "attention_dropout"])
    model.ends.hasHeadBias = true
    return model
  }

  /// Phi 3 and 4: Llama's layers without biases, and a window in all of them.
  static let phi3 = HuggingFaceFamily(types: ["phi3"], architecture: "Phi3ForCausalLM") { reader in
    var attention = try reader.heads()
    attention.rotated = try reader.rotated(of: attention.headDimension)
    attention.window = try reader.window()
    let drops = try reader.dropout(["resid_pdrop"])
    var model = try reader.llamaLike(attention, width: 8192)
    model.dropout = model.dropout || drops
    return model
  }
}
