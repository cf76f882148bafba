internal import TransformerModels

extension HuggingFaceFamily {
  /// Qwen3-Next: gated delta nets, gated attention in every fourth layer, and experts in all.
  static let qwen3Next = HuggingFaceFamily(
    types: ["qwen3_next"], architecture: "Qwen3NextForCausalLM", harmless: ["intermediate_size"]
  ) { reader in
    var attention = try reader.heads(keyValueHeads: .number(2), headDimension: 256, bias: "attention_bias")
    attention.queryKeyNorm = 2 * attention.headDimension
    attention.rotated = try reader.rotated(of: attention.headDimension, or: 0.25)
    attention.isGated = true
    let net = try GatedDeltaNet(
      keyHeads: reader.size("linear_num_key_heads", absent: 16),
      valueHeads: reader.size("linear_num_value_heads", absent: 32),
      keyDimension: reader.size("linear_key_head_dim", absent: 128),
      valueDimension: reader.size("linear_value_head_dim", absent: 128),
      filter: reader.size("linear_conv_kernel_dim", absent: 4))
    let layers = try reader.layers()
    let interval = try reader.size("full_attention_interval", or: 4)
    let kinds = try reader.layerTypes(layers, ["linear_attention", "full_attention"])
    let isFull = reader.listed(
      kinds?.map { $0 == "full_attention" }, over: (0..<layers).map { ($0 + 1).isMultiple(of: interval) },
      by: "full_attention_interval")
    let experts = try reader.qwenSharingExperts(512, topK: 10, width: 512, shared: 512)
    let blocks = try reader.qwenMLPs(experts, of: layers, width: 5632)
    let stack = LayerStack(
      zip(isFull, blocks).map { isFull, mlp in
        isFull ? TransformerLayer(attention, mlp) : TransformerLayer(net, mlp)
      })
    return try reader.model(stack)
  }
}
