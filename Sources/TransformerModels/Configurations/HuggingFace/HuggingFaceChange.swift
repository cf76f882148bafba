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
    + refused(
      ["kv_lora_rank", "q_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim"],
      "latent attention is not modeled")
    + refused(
      [
        "n_routed_experts", "n_shared_experts", "num_shared_experts", "moe_intermediate_size",
        "shared_expert_intermediate_size", "first_k_dense_replace", "mlp_only_layers", "moe_layer_freq",
        "moe_num_experts",
      ], "experts of this kind are not modeled")
    + refused(
      [
        "layers_block_type", "hybrid_override_pattern", "block_configs", "ssm_cfg", "mamba_d_state",
        "attn_layer_indices",
      ],
      "layers of several kinds are not modeled")
    + refused(
      [
        "draft_vocab_size", "medusa_num_heads", "medusa_num_layers", "eagle_config", "speculators_config",
        "speculators_model_type",
      ], "a draft that proposes tokens to another model is not modeled")

  private static let notes = [
    noted("num_nextn_predict_layers", "the layers that predict further tokens are left out"),
    noted("attn_logit_softcapping", "the cap on attention's scores is left out"),
    noted("final_logit_softcapping", "the cap on the logits is left out"),
    noted("clip_qkv", "the clipping of queries, keys and values is left out"),
    noted("reorder_and_upcast_attn", "scores are counted in the step's element type, not in fp32"),
    noted("use_qk_norm", "the norms of queries and keys are left out"),
    noted("qk_layernorm", "the norms of queries and keys are left out"),
    noted("parallel_attn", "attention and MLP are taken one after the other"),
    noted("auto_map", "the file names code of its own, which may compute something else"),
    noted("pruned_heads", "pruned heads are counted as if they were there"),
    HuggingFaceChange(
      key: "is_causal", effect: .note("fused attention is counted as causal, which is half the work"),
      isActiveWhereFalse: true),
  ]

  private static func refused(_ keys: [String], _ reason: String) -> [HuggingFaceChange] {
    keys.map { HuggingFaceChange(key: $0, effect: .error(reason)) }
  }

  private static func noted(_ key: String, _ meaning: String) -> HuggingFaceChange {
    HuggingFaceChange(key: key, effect: .note(meaning))
  }
}
