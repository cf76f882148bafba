internal import TransformerModels

extension HuggingFaceFamily {
  /// OPT: learned positions, and norms in front of the blocks or behind their sums with the stream.
  static let opt = HuggingFaceFamily(
    types: ["opt"], architecture: "OPTForCausalLM", harmless: ["init_std", "activation_dropout"]
  ) { reader in
    var attention = try reader.plainHeads()
    attention.hasBiases = try reader.flag("enable_bias", or: true)
    let mlp = try reader.mlp(
      "ffn_dim", absent: 3072, isGated: false, activation: "activation_function", or: .relu,
      hasBias: attention.hasBiases)
    let isBefore = try reader.flag("do_layer_norm_before", or: true)
    let layer = TransformerLayer(attention, mlp, norms: isBefore ? .before : .behindSum)
    let hasWeights = try reader.flag("layer_norm_elementwise_affine", or: true)
    if !hasWeights {
      reader.notes.append(
        .key("layer_norm_elementwise_affine", meaning: "is false: norms count with gains, which they do not have"))
    }
    let drops = try reader.dropout(["dropout"], or: 0.1)
    var model = try reader.model(layer, hasWeights ? .layerNorm : .gainLayerNorm, isTied: true)
    model.dropout = model.dropout || drops
    reader.object.note("layerdrop", "layers dropped at random in training are counted as if they were there")
    let width = try reader.size("word_embed_proj_dim", or: reader.hidden)
    model.ends.embeddingWidth = width == reader.hidden ? nil : width
    model.ends.hasFinalNorm = try !reader.flag("_remove_final_layer_norm") && isBefore
    // The table's first two rows stand for padding.
    model.ends.positionRows = try reader.size("max_position_embeddings", absent: 2048) + 2
    return model
  }
}
