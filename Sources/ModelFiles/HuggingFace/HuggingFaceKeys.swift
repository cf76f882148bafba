/// Keys of a `config.json` that change neither the shapes nor the number of operations, by the reason why.
enum HuggingFaceKeys {
  /// Every key that may stand in a file without a word.
  static let harmless: Set<String> = Set(
    tokens + positions + numerics + trainingOnly + routing + generation + labels + bookkeeping)

  /// Numbers of single tokens.
  private static let tokens = [
    "bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "sep_token_id", "decoder_start_token_id",
    "forced_bos_token_id", "forced_eos_token_id", "begin_suppress_tokens", "suppress_tokens", "bad_words_ids",
    "prefix", "image_token_id", "image_token_index", "video_token_id", "vision_start_token_id", "vision_end_token_id",
    "vision_token_id",
  ]

  /// How positions are encoded: another angle takes the same time.
  private static let positions = [
    "rope_theta", "rope_scaling", "rope_parameters", "rope_local_base_freq", "rotary_pct", "rotary_emb_base",
    "rotary_emb_fraction", "partial_rotary_factor", "rope_interleaved", "rope_traditional", "use_mrope",
    "original_max_position_embeddings", "position_embedding_type", "n_ctx", "max_sequence_length", "seq_length",
    "model_max_length", "tokenizer_model_max_length", "max_seq_len",
  ]

  /// Constants of formulas, and factors that cost nothing beside what they scale.
  private static let numerics = [
    "rms_norm_eps", "layer_norm_epsilon", "layer_norm_eps", "norm_eps", "scale_attn_weights",
    "scale_attn_by_inverse_layer_idx", "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "pretraining_tp",
    "chunk_size_feed_forward",
  ]

  /// Initial values, and dropout beside what the residual stream and attention have.
  private static let trainingOnly = [
    "initializer_range", "initializer_factor", "embd_pdrop", "summary_first_dropout", "classifier_dropout",
    "attention_probs_dropout_prob", "hidden_dropout_prob", "embedding_dropout", "resid_pdrop", "attn_pdrop",
    "attention_dropout", "hidden_dropout", "dropout", "residual_dropout", "gradient_checkpointing",
  ]

  /// What a router adds to the loss, and how it scales its weights.
  private static let routing = [
    "router_aux_loss_coef", "router_jitter_noise", "output_router_logits", "norm_topk_prob", "aux_loss_alpha",
  ]

  /// How text is drawn from the model.
  private static let generation = [
    "use_cache", "temperature", "top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty", "num_beams",
    "num_beam_groups", "diversity_penalty", "do_sample", "early_stopping", "max_length", "max_new_tokens", "min_length",
    "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "num_return_sequences", "remove_invalid_values",
    "exponential_decay_length_penalty", "task_specific_params", "output_scores", "return_dict_in_generate",
    "inference_runner", "validate_runner_input", "pre_allocate_kv_cache",
  ]

  /// Names of classes and the summary heads of GPT-2, which the language model does not run.
  private static let labels = [
    "id2label", "label2id", "num_labels", "problem_type", "finetuning_task", "summary_activation",
    "summary_proj_to_labels", "summary_type", "summary_use_proj",
  ]

  /// Who wrote the file and how it is loaded.
  private static let bookkeeping = [
    "_name_or_path", "name_or_path", "model_name", "transformers_version", "_commit_hash", "_attn_implementation",
    "_attn_implementation_autoset", "_flash_attn_2_enabled", "attn_implementation", "torchscript", "tf_legacy_loss",
    "use_bfloat16", "return_dict", "output_attentions", "output_hidden_states", "is_decoder", "tie_encoder_decoder",
    "tokenizer_class", "n_special", "predict_special_tokens", "gpt_neox_version", "unsloth_version", "unsloth_fixed",
    "description", "license",
  ]
}
