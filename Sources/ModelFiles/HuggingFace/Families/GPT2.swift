internal import DataFiles
internal import TransformerModels

extension HuggingFaceFamily {
  /// GPT-BigCode, which is GPT-2 with one key-value head.
  static let gptBigCode = HuggingFaceFamily(
    types: ["gpt_bigcode"], architecture: "GPTBigCodeForCausalLM", sizes: .gpt, harmless: gpt2.harmless,
    read: gpt2.read)

  /// GPT-2: biases in all layers, and learned positions.
  static let gpt2 = HuggingFaceFamily(
    types: ["gpt2"], architecture: "GPT2LMHeadModel", sizes: .gpt,
    harmless: [
      "n_ctx", "scale_attn_weights", "scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn", "embd_pdrop",
    ]
  ) { reader in
    let heads = try reader.size(reader.family.sizes.heads)
    // The classes have no key for key-value heads beside this switch, nor for a head's elements.
    let usual = reader.type == "gpt_bigcode"
    var isMulti = try reader.flag("multi_query", or: usual)
    if let value = reader.object.value("attention_head_type") {
      switch try value.string() {
      case "multiquery": isMulti = true
      case "multihead": isMulti = try reader.object.flag("multi_query") ?? false
      default:
        throw value.error(
          "attention_head_type is \(value.shortText)", remedy: "multihead or multiquery is expected")
      }
    }
    var attention = try GroupedQueryAttention(
      hidden: reader.hidden, heads: heads, keyValueHeads: isMulti ? 1 : nil)
    attention.hasBiases = true
    let mlp = try reader.gptMLP()
    var ends = try reader.ends(isTied: true)
    let positions = try reader.size("n_positions", alias: "max_position_embeddings", absent: 1024)
    ends.positionRows = positions
    return HuggingFaceModel(
      stack: LayerStack(TransformerLayer(attention, mlp), count: try reader.layers()), normalization: .layerNorm,
      ends: ends, maximumPositions: positions, dropout: try reader.dropout(["resid_pdrop", "attn_pdrop"], or: 0.1))
  }
}

extension HuggingFaceReader {
  /// An MLP as GPT-2 spells it.
  mutating func gptMLP() throws -> DenseMLP {
    try DenseMLP(
      checked: size("n_inner", or: 4 * hidden), isGated: false,
      activation: activation("activation_function", or: .gelu), hasBias: true)
  }
}
