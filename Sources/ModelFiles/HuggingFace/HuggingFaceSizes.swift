/// A size's key, another name that classes know it by, and what they take where it is absent.
struct HuggingFaceSize: Sendable {
  let key: String
  let alias: String?
  let absent: Int?

  init(_ key: String, alias: String? = nil, absent: Int? = nil) {
    (self.key, self.alias, self.absent) = (key, alias, absent)
  }
}

/// How a family spells the sizes that all of them have.
struct HuggingFaceSizes: Sendable {
  /// Elements of the residual stream.
  var hidden = HuggingFaceSize("hidden_size")
  /// Query heads.
  var heads = HuggingFaceSize("num_attention_heads")
  var layers = HuggingFaceSize("num_hidden_layers")
  var vocabulary = HuggingFaceSize("vocab_size")
  /// The key of the longest sequence.
  var positions = "max_position_embeddings"

  /// GPT-2's names.
  static let gpt = HuggingFaceSizes(
    hidden: HuggingFaceSize("n_embd", alias: "hidden_size"),
    heads: HuggingFaceSize("n_head", alias: "num_attention_heads"),
    layers: HuggingFaceSize("n_layer", alias: "num_hidden_layers"), positions: "n_positions")

  /// Those of MosaicML's models.
  static let mosaic = HuggingFaceSizes(
    hidden: HuggingFaceSize("d_model", alias: "hidden_size"),
    heads: HuggingFaceSize("n_heads", alias: "num_attention_heads"),
    layers: HuggingFaceSize("n_layers", alias: "num_hidden_layers"), positions: "max_seq_len")
}
