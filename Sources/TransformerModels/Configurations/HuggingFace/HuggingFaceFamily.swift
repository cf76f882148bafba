/// How a family of models spells its sizes, and what it takes for granted.
///
/// Defaults are those of the family's configuration class in transformers, and biases those of its layers
/// (`src/transformers/models/*/configuration_*.py` and `modeling_*.py`).
struct HuggingFaceFamily: Sendable {
  struct Keys: Sendable {
    var layers = "num_hidden_layers"
    var hidden = "hidden_size"
    var heads = "num_attention_heads"
    var ffn = "intermediate_size"
    var positions = "max_position_embeddings"
    var activation = "hidden_act"
  }

  /// The class of the family's language model in transformers.
  var architecture: String
  var keys = Keys()
  var gated = true
  var activation = ModelConfiguration.Activation.silu
  var positions = ModelConfiguration.Positions.rotary
  /// The biases that no key switches.
  var biases = ModelConfiguration.Biases.none
  /// What `attention_bias` is where it is absent; nil where the family does not read it.
  var attentionBias: Bool?
  /// What `mlp_bias` is where it is absent; nil where the family does not read it.
  var mlpBias: Bool?
  var tiedEmbeddings = false
  var ffnIsFourTimesHidden = false
  /// Key-value heads where the key is absent; nil for as many as there are heads.
  var keyValueHeads: Int?
  /// Elements of a head where the key is absent; nil for hidden / heads.
  var headDimension: Int?
  /// Whether all query heads share one key-value head where no key says.
  var multiQuery = false
  var dropoutKeys = ["attention_dropout"]
  /// What a missing dropout key stands for.
  var usualDropout = 0.0
  var experts = false
  /// Whether a window counts only where `use_sliding_window` is true.
  var windowNeedsSwitch = false
  /// Whether attention and MLP take the same input where `use_parallel_residual` does not say.
  var parallelResidual: Bool?
  /// Whether queries and keys pass a norm of their own.
  var queryKeyNorm = false

  static let all: [String: HuggingFaceFamily] = [
    "gpt2": gpt2, "gpt_bigcode": bigCode, "gpt_neox": neoX,
    "llama": HuggingFaceFamily(architecture: "LlamaForCausalLM", attentionBias: false, mlpBias: false),
    "mistral": HuggingFaceFamily(architecture: "MistralForCausalLM", keyValueHeads: 8),
    "mixtral": HuggingFaceFamily(architecture: "MixtralForCausalLM", keyValueHeads: 8, experts: true),
    "qwen2": HuggingFaceFamily(
      architecture: "Qwen2ForCausalLM", biases: .queryKeyValue, keyValueHeads: 32, windowNeedsSwitch: true),
    "qwen3": HuggingFaceFamily(
      architecture: "Qwen3ForCausalLM", attentionBias: false, keyValueHeads: 32, headDimension: 128,
      windowNeedsSwitch: true, queryKeyNorm: true),
  ]

  /// The names of all families, for messages.
  static var list: String { all.keys.sorted().joined(separator: ", ") }

  private static let gpt2 = HuggingFaceFamily(
    architecture: "GPT2LMHeadModel",
    keys: Keys(
      layers: "n_layer", hidden: "n_embd", heads: "n_head", ffn: "n_inner", positions: "n_positions",
      activation: "activation_function"),
    gated: false, activation: .gelu, positions: .learned, biases: .all, tiedEmbeddings: true,
    ffnIsFourTimesHidden: true, dropoutKeys: ["resid_pdrop", "attn_pdrop"], usualDropout: 0.1)

  private static var bigCode: HuggingFaceFamily {
    var family = gpt2
    family.architecture = "GPTBigCodeForCausalLM"
    family.multiQuery = true
    return family
  }

  private static let neoX = HuggingFaceFamily(
    architecture: "GPTNeoXForCausalLM", gated: false, activation: .gelu, biases: .mlp, attentionBias: true,
    dropoutKeys: ["attention_dropout", "hidden_dropout"], parallelResidual: true)
}

extension ModelConfiguration.Activation {
  /// The name that transformers gives an activation; GELU has several approximations of one cost.
  init?(huggingFace name: String) {
    switch name {
    case "gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "quick_gelu": self = .gelu
    case "relu": self = .relu
    case "silu", "swish": self = .silu
    default: return nil
    }
  }
}
