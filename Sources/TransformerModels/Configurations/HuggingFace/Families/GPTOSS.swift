extension HuggingFaceFamily {
  /// gpt-oss: biases everywhere, experts, a score of its own for each head, and a window in every other layer.
  static let gptOSS = HuggingFaceFamily(
    types: ["gpt_oss"], architecture: "GptOssForCausalLM",
    harmless: ["swiglu_limit", "swiglu_alpha", "initial_context_length", "experts_per_token"]
  ) { reader in
    let hidden = try reader.size("hidden_size")
    var attention = try reader.llamaAttention(
      hidden: hidden, keyValueHeads: .number(8), headDimension: 64, or: true)
    attention.hasSinks = true
    // The activation is one of its own, of SiLU's kind, whatever the file says.
    reader.object.ignore("hidden_act", as: "silu")
    let expert = try DenseMLP(
      checked: reader.size("intermediate_size", absent: 2880), isGated: true, activation: .silu, hasBias: true)
    var experts = try ExpertMLP(
      checked: reader.size("num_local_experts", alias: "num_experts", absent: 128),
      topK: reader.size("num_experts_per_tok", absent: 4), expert: expert)
    experts.hasRouterBias = true
    let windowed = try reader.windowed(reader.layers(), key: nil) { $0.isMultiple(of: 2) }
    let window = try reader.window(absent: 128)
    let stack = LayerStack(windowed: windowed, window: window) { [attention, experts] in
      var attention = attention
      attention.window = $0
      return TransformerLayer(attention, experts)
    }
    return try reader.model(hidden: hidden, stack)
  }
}
