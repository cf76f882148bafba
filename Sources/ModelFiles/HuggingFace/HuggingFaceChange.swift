internal import DataFiles

/// A key that is no part of a plain layer stack, and what follows from it where it is set.
struct HuggingFaceChange: Sendable {
  enum Effect: Sendable {
    /// The forecast would be wrong, and nobody could say by how much.
    case error(String)
    /// The forecast is near; what it leaves out.
    case note(String)
  }

  let key: String
  let effect: Effect
  /// Whether false is what makes the difference.
  var isActiveWhereFalse = false

  /// What would be right, for errors.
  var remedy: String { "a model without it is expected" }

  /// Whether a value differs from that of a plain stack.
  func isActive(_ value: JSONValue) -> Bool {
    if isActiveWhereFalse { return (try? value.bool()) == false }
    return !value.isUnset
  }

  static let all = errors + notes

  private static let errors =
    refused(
      ["is_encoder_decoder", "add_cross_attention", "cross_attention_layers", "cross_attention_hidden_size"],
      "attention to another sequence is not modeled")
    + refused(["block_configs", "ssm_cfg", "attn_layer_indices"], "layers of several kinds are not modeled so")
    + refused(
      [
        "draft_vocab_size", "medusa_num_heads", "medusa_num_layers", "eagle_config", "speculators_config",
        "speculators_model_type",
      ], "a draft that proposes tokens to another model is not modeled")

  private static let notes =
    ["num_nextn_predict_layers", "num_mtp_modules", "num_mtp_layers"].map {
      noted($0, "the layers that predict further tokens are left out; --mtp counts them")
    } + [
      noted("reorder_and_upcast_attn", "scores are counted in the step's element type, not in fp32"),
      noted("auto_map", "the file names code of its own, which may compute something else"),
      noted("pruned_heads", "pruned heads are counted as if they were there"),
      noted("use_bidirectional_attention", "fused attention is counted as causal, which is half the work"),
      HuggingFaceChange(
        key: "is_causal", effect: .note("fused attention is counted as causal, which is half the work"),
        isActiveWhereFalse: true),
    ]

  /// Keys that shape the layers of some families, and that the classes of all others pass over.
  static let unread =
    [
      "attention_bias", "qkv_bias", "use_qkv_bias", "mlp_bias", "bias", "use_bias", "no_bias", "enable_bias",
      "num_key_value_heads", "num_kv_heads", "head_dim", "multi_query", "intermediate_size", "ffn_dim",
      "ffn_hidden_size", "n_inner", "expansion_ratio", "hidden_act", "hidden_activation", "activation_function",
      "parallel_attn", "use_parallel_residual", "use_qk_norm", "qk_layernorm", "clip_qkv", "attn_logit_softcapping",
      "final_logit_softcapping", "sliding_window", "use_sliding_window", "sliding_window_pattern", "layer_types",
      "attention_chunk_size", "no_rope_layers", "alibi", "rotary_dim",
    ] + [
      "num_experts", "num_local_experts", "n_routed_experts", "num_experts_per_tok", "moe_intermediate_size",
      "shared_expert_intermediate_size", "shared_intermediate_size", "n_shared_experts", "num_shared_experts",
      "first_k_dense_replace", "mlp_only_layers", "decoder_sparse_step", "moe_layer_freq", "moe_layers",
      "interleave_moe_layer_step", "moe_num_experts", "moe_latent_size",
    ] + [
      "kv_lora_rank", "q_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim", "layers_block_type",
      "hybrid_override_pattern", "full_attention_interval", "linear_num_value_heads", "mamba_num_heads",
      "mamba_d_state", "ssm_state_size",
    ]

  private static func refused(_ keys: [String], _ reason: String) -> [HuggingFaceChange] {
    keys.map { HuggingFaceChange(key: $0, effect: .error(reason)) }
  }

  private static func noted(_ key: String, _ meaning: String) -> HuggingFaceChange {
    HuggingFaceChange(key: key, effect: .note(meaning))
  }
}
