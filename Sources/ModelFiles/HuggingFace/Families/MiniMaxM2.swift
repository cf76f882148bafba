internal import TransformerModels

extension HuggingFaceFamily {
  /// MiniMax M2: experts in every layer, and one norm each over all queries and all keys.
  static let miniMaxM2 = HuggingFaceFamily(
    types: ["minimax_m2"], architecture: "MiniMaxM2ForCausalLM",
    harmless: ["scoring_func", "use_routing_bias", "use_mtp", "mtp_transformer_layers", "qk_norm_type"]
  ) { reader in
    var attention = try reader.heads(keyValueHeads: .number(8), headDimension: 128)
    attention.queryKeyNorm = attention.queryKeyWidth
    reader.object.ignore("use_qk_norm", as: "true")
    let turned = try reader.rotated(elements: "rotary_dim", of: attention.headDimension, absent: .max)
    attention.rotated = try reader.rotated(
      of: attention.headDimension, or: Double(turned) / Double(attention.headDimension))
    let experts = try reader.experts(alias: "num_experts", absent: 256, topK: 8, reader.mlp(absent: 1536))
    return try reader.model(TransformerLayer(attention, experts))
  }
}
