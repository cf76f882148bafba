extension HuggingFaceFamily {
  /// MiniMax M2: experts in every layer, and one norm each over all queries and all keys.
  static let miniMaxM2 = HuggingFaceFamily(
    types: ["minimax_m2"], architecture: "MiniMaxM2ForCausalLM",
    harmless: ["scoring_func", "use_routing_bias", "use_mtp", "mtp_transformer_layers", "qk_norm_type"]
  ) { reader in
    let hidden = try reader.size("hidden_size")
    var attention = try reader.heads(hidden: hidden, keyValueHeads: .number(8), headDimension: 128)
    attention.queryKeyNorm = attention.queryWidth + attention.keyValueWidth
    reader.object.ignore("use_qk_norm", as: "true")
    let turned = try reader.rotated(elements: "rotary_dim", of: attention.headDimension, absent: .max)
    attention.rotated = try reader.rotated(
      of: attention.headDimension, or: Double(turned) / Double(attention.headDimension))
    let expert = try DenseMLP(
      checked: reader.size("intermediate_size", absent: 1536), isGated: true, activation: reader.activation(or: .silu))
    let experts = try ExpertMLP(
      checked: reader.size("num_local_experts", alias: "num_experts", absent: 256),
      topK: reader.size("num_experts_per_tok", absent: 8), expert: expert)
    return try reader.model(
      hidden: hidden, LayerStack(TransformerLayer(attention, experts), count: reader.layers()))
  }
}
