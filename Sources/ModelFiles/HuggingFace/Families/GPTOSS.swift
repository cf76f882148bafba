internal import TransformerModels

extension HuggingFaceFamily {
  /// gpt-oss: biases everywhere, experts, a score of its own for each head, and a window in every other layer.
  static let gptOSS = HuggingFaceFamily(
    types: ["gpt_oss"], architecture: "GptOssForCausalLM",
    harmless: ["swiglu_limit", "swiglu_alpha", "initial_context_length", "experts_per_token"]
  ) { reader in
    var attention = try reader.heads(
      keyValueHeads: .number(8), headDimension: 64, bias: "attention_bias", or: true)
    attention.hasSinks = true
    // The activation is one of its own, of SiLU's kind, whatever the file says.
    reader.object.ignore("hidden_act", as: "silu")
    let expert = try DenseMLP(
      checked: reader.size("intermediate_size", absent: 2880), isGated: true, activation: .silu, hasBias: true)
    var experts = try reader.experts(alias: "num_experts", absent: 128, topK: 4, expert)
    experts.hasRouterBias = true
    let windowed = try reader.windowed(reader.layers(), key: nil) { $0.isMultiple(of: 2) }
    let window = try reader.window(absent: 128)
    return try reader.model(
      LayerStack(windowed: windowed, window: window) { [attention, experts] in
        TransformerLayer(attention.with(window: $0), experts)
      })
  }
}
