internal import TransformerModels

extension HuggingFaceFamily {
  /// MiniMax-01: lightning attention and attention by layer, and experts in all of them.
  static let miniMax = HuggingFaceFamily(
    types: ["minimax"], architecture: "MiniMaxForCausalLM",
    harmless: [
      "full_attn_alpha_factor", "full_attn_beta_factor", "linear_attn_alpha_factor", "linear_attn_beta_factor",
      "mlp_alpha_factor", "mlp_beta_factor",
    ]
  ) { reader in
    var attention = try reader.heads(keyValueHeads: .number(8))
    attention.rotated = attention.headDimension
    attention.window = try reader.window()
    let lightning = try LightningAttention(
      heads: attention.heads, headDimension: attention.headDimension, chunk: reader.size("block_size", absent: 256))
    let experts = try reader.experts(alias: "num_experts", absent: 8, topK: 2, reader.mlp(absent: 14336))
    let layers = try reader.layers()
    let kinds = try reader.layerTypes(layers, ["full_attention", "linear_attention"])
    let isFull = kinds?.map { $0 == "full_attention" } ?? (0..<layers).map { $0.isMultiple(of: 2) }
    return try reader.model(
      LayerStack(isFull.map { $0 ? TransformerLayer(attention, experts) : TransformerLayer(lightning, experts) }))
  }
}
