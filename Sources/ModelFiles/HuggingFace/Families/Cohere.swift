internal import TransformerModels

extension HuggingFaceFamily {
  /// Command R: attention and a gated MLP side by side behind one norm of gains alone.
  static let cohere = HuggingFaceFamily(
    types: ["cohere"], architecture: "CohereForCausalLM", harmless: cohereHarmless
  ) { reader in
    var attention = try reader.heads(bias: "attention_bias")
    if try reader.flag("use_qk_norm") { attention.queryKeyNorm = attention.queryKeyWidth }
    let layers = try reader.layers()
    return try reader.cohereModel(attention, windowed: Array(repeating: false, count: layers), window: nil)
  }

  /// Command R7B and Command A: layers with a window, whose queries and keys are turned, and a few that see all.
  static let cohere2 = HuggingFaceFamily(
    types: ["cohere2"], architecture: "Cohere2ForCausalLM", harmless: cohereHarmless
  ) { reader in
    var attention = try reader.heads(bias: "attention_bias")
    let pattern = try reader.size("sliding_window_pattern", or: 4)
    let windowed = try reader.windowed(reader.layers(), key: "sliding_window_pattern") {
      !($0 + 1).isMultiple(of: pattern)
    }
    let window = try reader.window(absent: 4096)
    for key in ["use_gated_activation", "use_parallel_block", "use_embedding_sharing"] {
      reader.object.ignore(key, as: "true")
    }
    // Without a window no layer knows positions: the class turns queries and keys in windows alone.
    if window == nil { attention.rotated = 0 }
    return try reader.cohereModel(attention, windowed: windowed, window: window, turnsAll: false)
  }

  /// How logits are scaled and embeddings cut over GPUs.
  private static let cohereHarmless: Set<String> = [
    "logit_scale", "use_parallel_embedding", "rotary_pct", "layer_switch", "order_of_interleaved_layers",
    "position_embedding_type",
  ]
}

extension HuggingFaceReader {
  fileprivate mutating func cohereModel(
    _ attention: GroupedQueryAttention, windowed: [Bool], window: Int?, turnsAll: Bool = true
  ) throws -> HuggingFaceModel {
    let mlp = try mlp(absent: 22528)
    let stack = LayerStack(windowed: windowed, window: window) {
      var attention = attention.with(window: $0)
      if !turnsAll, $0 == nil { attention.rotated = 0 }
      return TransformerLayer([.init(attention, mlp)])
    }
    return try model(stack, .gainLayerNorm, isTied: true)
  }
}
