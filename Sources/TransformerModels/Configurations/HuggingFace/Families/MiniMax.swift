extension HuggingFaceFamily {
  /// MiniMax-01: lightning attention and attention by layer, and experts in all of them.
  static let miniMax = HuggingFaceFamily(
    types: ["minimax"], architecture: "MiniMaxForCausalLM",
    harmless: [
      "full_attn_alpha_factor", "full_attn_beta_factor", "linear_attn_alpha_factor", "linear_attn_beta_factor",
      "mlp_alpha_factor", "mlp_beta_factor",
    ]
  ) { reader in
    let hidden = try reader.size("hidden_size")
    var attention = try reader.heads(hidden: hidden, keyValueHeads: .number(8))
    attention.rotated = attention.headDimension
    attention.window = try reader.window()
    let lightning = try LightningAttention(
      heads: attention.heads, headDimension: attention.headDimension, chunk: reader.size("block_size", absent: 256))
    let expert = try DenseMLP(
      checked: reader.size("intermediate_size", absent: 14336), isGated: true, activation: reader.activation(or: .silu))
    let experts = try ExpertMLP(
      checked: reader.size("num_local_experts", alias: "num_experts", absent: 8),
      topK: reader.size("num_experts_per_tok", absent: 2), expert: expert)
    let layers = try reader.layers()
    let kinds = try reader.layerTypes(layers, ["full_attention", "linear_attention"])
    let isFull = kinds?.map { $0 == "full_attention" } ?? (0..<layers).map { $0.isMultiple(of: 2) }
    let stack = LayerStack(
      isFull.map { $0 ? TransformerLayer(attention, experts) : TransformerLayer(lightning, experts) })
    return try reader.model(hidden: hidden, stack)
  }
}
