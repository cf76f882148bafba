internal import DataFiles
internal import TransformerModels

extension HuggingFaceFamily {
  /// GLM-4 of 2025: norms before and behind each block.
  static let glm4 = HuggingFaceFamily(types: ["glm4"], architecture: "Glm4ForCausalLM") { reader in
    var attention = try reader.heads(keyValueHeads: .number(2), headDimension: 128)
    // Of queries, keys and values alone.
    attention.hasBias = try reader.flag("attention_bias", or: true)
    attention.rotated = try reader.rotated(of: attention.headDimension, or: 0.5)
    return try reader.llamaLike(attention, width: 13696, norms: .both)
  }

  /// GLM-4.5: experts behind the first dense layers.
  static let glm4MoE = HuggingFaceFamily(
    types: ["glm4_moe"], architecture: "Glm4MoeForCausalLM", harmless: groupedHarmless
  ) { reader in
    var attention = try reader.heads(keyValueHeads: .number(8))
    attention.hasBias = try reader.flag("attention_bias")
    attention.rotated = try reader.rotated(of: attention.headDimension, or: 0.5)
    if try reader.flag("use_qk_norm") { attention.queryKeyNorm = 2 * attention.headDimension }
    let experts = try reader.sharingExperts(128, topK: 8, width: 1408, shared: 1)
    return try reader.model(reader.denseFirst(attention, experts, count: 1, width: 10944))
  }

  /// How routers with groups of experts choose and scale.
  static let groupedHarmless: Set<String> = [
    "n_group", "topk_group", "topk_method", "scoring_func", "routed_scaling_factor", "seq_aux", "ep_size",
    "rope_interleave",
  ]
}

extension HuggingFaceReader {
  /// Experts as DeepSeek spells them, with some for all tokens side by side as one MLP.
  mutating func sharingExperts(
    _ count: Int, alias: String = "num_local_experts", topK: Int?, width: Int, shared: Int
  ) throws -> ExpertMLP {
    let expert = try mlp("moe_intermediate_size", absent: width)
    var experts = try experts("n_routed_experts", alias: alias, absent: count, topK: topK, expert)
    let number = try self.count("n_shared_experts", or: shared)
    if number > 0 {
      let width = try Extent.product([number, expert.width], "moe_intermediate_size × n_shared_experts")
      experts.shared = try DenseMLP(checked: width, isGated: true, activation: expert.activation)
    }
    return experts
  }

  /// So many dense layers, and layers with experts behind them.
  mutating func denseFirst(
    _ attention: any LayerPart, _ experts: ExpertMLP, count usual: Int, width: Int, hasBias: Bool = false
  ) throws -> LayerStack {
    let layers = try layers()
    let dense = min(try count("first_k_dense_replace", or: usual), layers)
    let mlp = try mlp(absent: width, hasBias: hasBias)
    return LayerStack(
      (0..<layers).map { $0 < dense ? TransformerLayer(attention, mlp) : TransformerLayer(attention, experts) })
  }
}
