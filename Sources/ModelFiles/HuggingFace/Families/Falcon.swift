internal import DataFiles
internal import TransformerModels

extension HuggingFaceFamily {
  /// Falcon: attention and MLP side by side, behind one norm, or in the new architecture behind one each.
  static let falcon = HuggingFaceFamily(
    types: ["falcon"], architecture: "FalconForCausalLM",
    sizes: HuggingFaceSizes(hidden: HuggingFaceSize("hidden_size", alias: "n_embed"))
  ) { reader in
    let isNew = try reader.flag("new_decoder_architecture")
    let attention = try reader.falconAttention(isNew: isNew)
    let mlp = try DenseMLP(
      checked: reader.size("ffn_hidden_size", or: 4 * reader.hidden), isGated: false,
      activation: reader.activation("activation", or: .gelu), hasBias: attention.hasBias)
    let norms = try reader.object.optionalExtent("num_ln_in_parallel_attn")
    let isParallel = try reader.flag("parallel_attn", or: true)
    if isNew, !isParallel, let value = reader.object.value("parallel_attn") {
      throw value.error(
        "parallel_attn is false, which the new architecture does not run with", remedy: "true is expected")
    }
    if let norms, norms > 2 || norms == 2 && !isNew, let value = reader.object.value("num_ln_in_parallel_attn") {
      throw value.error("num_ln_in_parallel_attn is \(norms)", remedy: "\(isNew ? "1 or 2" : "1") is expected")
    }
    let branch = TransformerLayer.Branch(attention, mlp, hasNormForEach: isNew && norms != 1)
    return try reader.model(
      isParallel ? TransformerLayer([branch]) : TransformerLayer(attention, mlp), .layerNorm, isTied: true,
      dropout: ["attention_dropout", "hidden_dropout"])
  }
}

extension HuggingFaceReader {
  /// Key-value heads are as many as the file says in the new architecture, else one or as many as there are heads.
  fileprivate mutating func falconAttention(isNew: Bool) throws -> GroupedQueryAttention {
    let heads = try size(family.sizes.heads)
    let isMulti = try flag("multi_query", or: true)
    let usual = isNew || !isMulti ? heads : 1
    if isNew { object.ignore("multi_query", as: "true") } else { object.ignore("num_kv_heads", as: "\(usual)") }
    var attention = try GroupedQueryAttention(
      hidden: hidden, heads: heads, keyValueHeads: isNew ? size("num_kv_heads", or: usual) : usual)
    attention.hasBiases = try flag("bias")
    attention.rotated = try flag("alibi") ? 0 : attention.headDimension
    return attention
  }
}
