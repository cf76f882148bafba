internal import DataFiles

extension HuggingFaceFamily {
  /// GPT-BigCode, which is GPT-2 with one key-value head.
  static let gptBigCode = HuggingFaceFamily(
    types: ["gpt_bigcode"], architecture: "GPTBigCodeForCausalLM", harmless: gpt2.harmless, read: gpt2.read)

  /// GPT-2: biases in all layers, and learned positions.
  static let gpt2 = HuggingFaceFamily(
    types: ["gpt2"], architecture: "GPT2LMHeadModel",
    harmless: [
      "n_ctx", "scale_attn_weights", "scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn", "embd_pdrop",
    ]
  ) { reader in
    let hidden = try reader.size("n_embd", alias: "hidden_size")
    let heads = try reader.size("n_head", alias: "num_attention_heads")
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
      hidden: hidden, heads: heads, keyValueHeads: isMulti ? 1 : nil, headDimension: nil)
    (attention.hasBias, attention.hasOutputBias) = (true, true)
    let mlp = try DenseMLP(
      checked: reader.size("n_inner", or: 4 * hidden), isGated: false,
      activation: reader.activation("activation_function", or: .gelu), hasBias: true)
    var ends = try reader.ends(isTied: true)
    let positions = try reader.size("n_positions", alias: "max_position_embeddings", absent: 1024)
    ends.positionRows = positions
    return HuggingFaceModel(
      hidden: hidden,
      stack: LayerStack(
        TransformerLayer(attention, mlp), count: try reader.layers("n_layer", alias: "num_hidden_layers")),
      normalization: .layerNorm, ends: ends, maximumPositions: positions,
      dropout: try reader.dropout(["resid_pdrop", "attn_pdrop"], or: 0.1))
  }
}
