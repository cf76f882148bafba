internal import DataFiles
internal import TransformerModels

extension HuggingFaceFamily {
  /// Llama 4: dense layers and layers with experts, and of each four three that see stretches of the sequence.
  static let llama4 = HuggingFaceFamily(
    types: ["llama4_text"], architecture: "Llama4ForCausalLM",
    harmless: ["attn_temperature_tuning", "floor_scale", "attn_scale", "for_llm_compressor", "intermediate_size_mlp"]
  ) { reader in
    let attention = try reader.heads(keyValueHeads: .number(8), headDimension: 128, bias: "attention_bias")
    let layers = try reader.layers()
    let expert = try reader.mlp(absent: 8192)
    var experts = try reader.experts(absent: 16, topK: 1, expert)
    experts.shared = expert
    let step = try reader.size("interleave_moe_layer_step", or: 1)
    let named = try reader.places("moe_layers", of: layers)
    let sparse = reader.listed(
      named.map { named in (0..<layers).map { named.contains($0) } },
      over: (0..<layers).map { ($0 + 1).isMultiple(of: step) }, by: "interleave_moe_layer_step")
    let dense = sparse.contains(false) ? try reader.mlp("intermediate_size_mlp", absent: 16384) : expert
    let attentions = try reader.llama4Attentions(attention, layers)
    let stack = LayerStack(
      zip(sparse, attentions).map { isSparse, attention in
        isSparse ? TransformerLayer(attention, experts) : TransformerLayer(attention, dense)
      })
    return try reader.model(stack)
  }
}

extension HuggingFaceReader {
  /// Each layer's attention: most turn queries and keys, norm them, and see a stretch of the sequence alone.
  fileprivate mutating func llama4Attentions(
    _ plain: GroupedQueryAttention, _ layers: Int
  ) throws -> [GroupedQueryAttention] {
    let interval = try size("no_rope_layer_interval", or: 4)
    let turned = listed(
      try turnedLayers(layers), over: (0..<layers).map { !($0 + 1).isMultiple(of: interval) },
      by: "no_rope_layer_interval")
    let hasNorms = try flag("use_qk_norm", or: true)
    let chunk = try isSet("attention_chunk_size", absent: true) ? size("attention_chunk_size", or: 8192) : nil
    let kinds = try layerTypes(layers, ["full_attention", "chunked_attention"])
    let chunked = kinds.map { $0.map { $0 == "chunked_attention" } } ?? turned
    return zip(turned, chunked).map { isTurned, isChunked in
      var attention = plain
      if !isTurned { attention.rotated = 0 }
      if isTurned, hasNorms { attention.queryKeyNorm = 0 }
      attention.window = isChunked ? chunk : nil
      attention.isChunked = attention.window != nil
      return attention
    }
  }

  /// Whether each layer turns queries and keys; nil where the list is absent or empty.
  private mutating func turnedLayers(_ layers: Int) throws -> [Bool]? {
    guard let list = object.value("no_rope_layers"), !list.isUnset else { return nil }
    let values = try list.array().map { try $0.integer() != 0 }
    guard values.count == layers else {
      throw list.error(
        "no_rope_layers has \(values.count) entries", remedy: "one for each of \(layers) layers is expected")
    }
    return values
  }
}
