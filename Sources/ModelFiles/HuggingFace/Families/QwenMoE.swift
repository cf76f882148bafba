internal import TransformerModels

extension HuggingFaceFamily {
  /// Qwen1.5-MoE and Qwen2-MoE: many experts, and one behind a gate for all tokens.
  static let qwen2MoE = HuggingFaceFamily(
    types: ["qwen2_moe"], architecture: "Qwen2MoeForCausalLM", harmless: qwenHarmless
  ) { reader in
    var attention = try reader.heads(keyValueHeads: .number(16))
    attention.hasBias = try reader.flag("qkv_bias", or: true)
    attention.rotated = attention.headDimension
    // Every other layer has the window here, and of the first ones.
    attention.window = try reader.qwenWindow()
    let windowed = try reader.qwenWindowed { $0 < $1 && $0.isMultiple(of: 2) }
    let experts = try reader.qwenSharingExperts(60, topK: 4, width: 1408, shared: 5632)
    let blocks = try reader.qwenMLPs(experts, of: windowed.count, width: 5632)
    return try reader.model(
      LayerStack(
        zip(windowed, blocks).map { [attention] isWindowed, mlp in
          TransformerLayer(isWindowed ? attention : attention.with(window: nil), mlp)
        }))
  }

  /// Qwen3-MoE: Qwen3's attention before experts, with a window in every layer where it is switched on.
  static let qwen3MoE = HuggingFaceFamily(
    types: ["qwen3_moe"], architecture: "Qwen3MoeForCausalLM", harmless: qwenHarmless
  ) { reader in
    var attention = try reader.heads(keyValueHeads: .number(4), bias: "attention_bias")
    attention.queryKeyNorm = 2 * attention.headDimension
    attention.window = try reader.qwenWindow()
    let layers = try reader.layers()
    let experts = try reader.qwenExperts(128, topK: 8, width: 768)
    let blocks = try reader.qwenMLPs(experts, of: layers, width: 6144)
    return try reader.model(LayerStack(blocks.map { TransformerLayer(attention, $0) }))
  }

  /// The window's keys where it is switched off, and the width of dense layers where there are none.
  static let qwenHarmless: Set<String> = ["sliding_window", "max_window_layers", "intermediate_size"]
}

extension HuggingFaceReader {
  /// A mixture of experts as Qwen spells it.
  mutating func qwenExperts(_ count: Int, topK: Int, width: Int) throws -> ExpertMLP {
    let expert = try mlp("moe_intermediate_size", absent: width)
    return try experts("num_experts", alias: "num_local_experts", absent: count, topK: topK, expert)
  }

  /// The same with one for all tokens behind a gate.
  mutating func qwenSharingExperts(_ count: Int, topK: Int, width: Int, shared: Int) throws -> ExpertMLP {
    var experts = try qwenExperts(count, topK: topK, width: width)
    experts.shared = try mlp("shared_expert_intermediate_size", absent: shared)
    experts.hasSharedGate = true
    return experts
  }

  /// The MLP of each layer: experts in every so many-th layer, but in none that `mlp_only_layers` names.
  mutating func qwenMLPs(_ experts: ExpertMLP, of layers: Int, width: Int) throws -> [any LayerPart] {
    let dense = try places("mlp_only_layers", of: layers) ?? []
    let step = try size("decoder_sparse_step", or: 1)
    let isSparse = (0..<layers).map { !dense.contains($0) && ($0 + 1).isMultiple(of: step) }
    guard isSparse.contains(false) else { return Array(repeating: experts, count: layers) }
    let mlp = try mlp(absent: width)
    return isSparse.map { isSparse -> any LayerPart in if isSparse { experts } else { mlp } }
  }
}
