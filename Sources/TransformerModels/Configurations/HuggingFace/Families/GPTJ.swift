extension HuggingFaceFamily {
  /// GPT-J: attention and MLP side by side behind one norm, and biases everywhere but in attention.
  static let gptJ = HuggingFaceFamily(types: ["gptj"], architecture: "GPTJForCausalLM") { reader in
    let hidden = try reader.size("n_embd", alias: "hidden_size")
    var attention = try GroupedQueryAttention(
      hidden: hidden, heads: reader.size("n_head", alias: "num_attention_heads"), keyValueHeads: nil,
      headDimension: nil)
    attention.rotated = try reader.rotated(elements: "rotary_dim", of: attention.headDimension, absent: 64)
    reader.object.ignore("rotary", as: "true")
    let mlp = try DenseMLP(
      checked: reader.size("n_inner", or: 4 * hidden), isGated: false,
      activation: reader.activation("activation_function", or: .gelu), hasBias: true)
    let layers = try reader.layers("n_layer", alias: "num_hidden_layers")
    var model = try reader.model(
      hidden: hidden, LayerStack(TransformerLayer([.init(attention, mlp)]), count: layers), .layerNorm,
      positions: "n_positions", dropout: ["resid_pdrop", "attn_pdrop"])
    model.ends.hasHeadBias = true
    return model
  }
}
