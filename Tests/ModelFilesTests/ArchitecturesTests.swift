import DataFiles
import GEMMTiming
import ModelFiles
import Testing

@testable import TransformerModels

/// A published model: its file's keys that matter, its weights, and the products of each layer.
struct Architecture: CustomTestStringConvertible {
  let testDescription: String
  let file: String
  let total, active: Int
  /// By layer, inputs and outputs of each linear layer, of one expert where there are several; sorted.
  let layers: [[[Int]]]

  /// Reads a block of the table: name and counts, the file, and the products of each kind of layer.
  ///
  /// The order of the kinds is told by their letters: `a*3 b*58`, or `ab*24` for both in turn.
  init?(_ lines: [Substring]) {
    let words = (lines.first ?? "").split(separator: " ")
    guard words.count > 3, let total = Int(words[1]), let active = Int(words[2]) else { return nil }
    (testDescription, self.total, self.active) = (String(words[0]), total, active)
    var products: [Character: [[Int]]] = [:]
    var file = ""
    for line in lines.dropFirst() {
      let parts = line.split(separator: " ")
      if let kind = parts.first, kind.count == 1, let letter = kind.first, letter.isLetter {
        products[letter, default: []] += parts.dropFirst().map { $0.split(separator: ":").compactMap { Int($0) } }
      } else {
        file += line + "\n"
      }
    }
    self.file = file
    layers = words.dropFirst(3).flatMap { run in
      let parts = run.split(separator: "*")
      let pattern = (parts.first ?? "").map { Self.sorted(products[$0] ?? []) }
      return Array(repeating: pattern, count: Int(parts.last ?? "") ?? 0).flatMap { $0 }
    }
  }

  static func sorted(_ products: [[Int]]) -> [[Int]] { products.sorted { $0.lexicographicallyPrecedes($1) } }

  func read() throws -> ModelConfiguration {
    try ModelConfiguration(huggingFace: JSONDocument(text: file, file: "config.json").root, name: testDescription)
  }

  static let all = table.split(separator: "\n\n").compactMap { Architecture($0.split(separator: "\n")) }

  private static let table = #"""
    bloom-176b 176247271424 176247271424 a*70
    {"model_type": "bloom", "apply_residual_connection_post_layernorm": false, "n_embed": 14336, "n_layer": 70,
    "num_attention_heads": 112, "seq_length": 2048, "slow_but_exact": false, "vocab_size": 250880}
    a 14336:14336 14336:43008 14336:57344 57344:14336

    command-a-111b 111057580032 111057580032 a*64
    {"model_type": "cohere2", "attention_bias": false, "head_dim": 128, "hidden_act": "silu", "hidden_size": 12288,
    "intermediate_size": 36864, "max_position_embeddings": 8192, "num_attention_heads": 96, "num_hidden_layers": 64,
    "num_key_value_heads": 8, "sliding_window": 4096, "sliding_window_pattern": 4, "use_embedding_sharing": true,
    "use_gated_activation": true, "use_parallel_block": true, "vocab_size": 256000}
    a 12288:12288 12288:14336 12288:73728 36864:12288

    command-r-35b 34980831232 34980831232 a*40
    {"model_type": "cohere", "attention_bias": false, "hidden_act": "silu", "hidden_size": 8192,
    "intermediate_size": 22528, "max_position_embeddings": 8192, "num_attention_heads": 64, "num_hidden_layers": 40,
    "num_key_value_heads": 64, "use_qk_norm": false, "vocab_size": 256000}
    a 8192:8192 8192:24576 8192:45056 22528:8192

    dbrx 131596523520 36469708800 a*40
    {"model_type": "dbrx", "attn_config": {"model_type": "", "clip_qkv": 8, "kv_n_heads": 8}, "d_model": 6144,
    "ffn_config": {"model_type": "", "ffn_act_fn": {"name": "silu"}, "ffn_hidden_size": 10752, "moe_jitter_eps": 0.0,
    "moe_loss_weight": 0.05, "moe_num_experts": 16, "moe_top_k": 4}, "max_seq_len": 32768, "n_heads": 48,
    "n_layers": 40, "resid_pdrop": 0.0, "tie_word_embeddings": false, "vocab_size": 100352}
    a 6144:16 6144:6144 6144:8192 6144:21504 10752:6144

    deepseek-r1 671026404352 37552282624 a*3 b*58
    {"model_type": "deepseek_v3", "attention_bias": false, "first_k_dense_replace": 3, "hidden_act": "silu",
    "hidden_size": 7168, "intermediate_size": 18432, "kv_lora_rank": 512, "max_position_embeddings": 163840,
    "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_routed_experts": 256, "n_shared_experts": 1,
    "num_attention_heads": 128, "num_experts_per_tok": 8, "num_hidden_layers": 61, "num_key_value_heads": 128,
    "num_nextn_predict_layers": 1, "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
    "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 1.0, "mscale_all_dim": 1.0,
    "original_max_position_embeddings": 4096, "type": "yarn"}, "tie_word_embeddings": false, "v_head_dim": 128,
    "vocab_size": 129280}
    a 512:32768 1536:24576 7168:2112 7168:36864 16384:7168 18432:7168
    b 512:32768 1536:24576 2048:7168 2048:7168 7168:256 7168:2112 7168:4096 7168:4096 16384:7168

    deepseek-v2-lite 15706484224 2661150208 a*1 b*26
    {"model_type": "deepseek_v2", "attention_bias": false, "first_k_dense_replace": 1, "hidden_act": "silu",
    "hidden_size": 2048, "intermediate_size": 10944, "kv_lora_rank": 512, "max_position_embeddings": 163840,
    "moe_intermediate_size": 1408, "moe_layer_freq": 1, "n_routed_experts": 64, "n_shared_experts": 2,
    "num_attention_heads": 16, "num_experts_per_tok": 6, "num_hidden_layers": 27, "num_key_value_heads": 16,
    "q_lora_rank": null, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "tie_word_embeddings": false,
    "v_head_dim": 128, "vocab_size": 102400}
    a 512:4096 2048:576 2048:2048 2048:3072 2048:21888 10944:2048
    b 512:4096 1408:2048 2048:64 2048:576 2048:2048 2048:2816 2048:3072 2048:5632 2816:2048

    edge-gpt-neox-no-ffn-key 9005047808 9005047808 a*32
    {"model_type": "gpt_neox", "hidden_act": "gelu", "hidden_size": 4096, "max_position_embeddings": 2048,
    "num_attention_heads": 32, "num_hidden_layers": 32, "rotary_pct": 0.25, "tie_word_embeddings": false,
    "use_parallel_residual": true, "vocab_size": 50432}
    a 4096:4096 4096:12288 4096:24576 24576:4096

    edge-gpt2-n-inner-null 124439808 124439808 a*12
    {"model_type": "gpt2", "activation_function": "gelu_new", "attn_pdrop": 0.1, "n_embd": 768, "n_head": 12,
    "n_inner": null, "n_layer": 12, "n_positions": 1024, "resid_pdrop": 0.1, "vocab_size": 50257}
    a 768:768 768:2304 768:3072 3072:768

    edge-gpt2-untied 163037184 163037184 a*12
    {"model_type": "gpt2", "activation_function": "gelu_new", "attn_pdrop": 0.1, "n_embd": 768, "n_head": 12,
    "n_layer": 12, "n_positions": 1024, "resid_pdrop": 0.1, "tie_word_embeddings": false, "vocab_size": 50257}
    a 768:768 768:2304 768:3072 3072:768

    edge-llama-head-dim-256 1739130880 1739130880 a*16
    {"model_type": "llama", "attention_bias": false, "head_dim": 256, "hidden_act": "silu", "hidden_size": 2048,
    "intermediate_size": 8192, "max_position_embeddings": 131072, "mlp_bias": false, "num_attention_heads": 32,
    "num_hidden_layers": 16, "num_key_value_heads": 8, "tie_word_embeddings": true, "vocab_size": 128256}
    a 2048:12288 2048:16384 8192:2048 8192:2048

    edge-llama-head-dim-null 6738415616 6738415616 a*32
    {"model_type": "llama", "head_dim": null, "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 11008,
    "max_position_embeddings": 4096, "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32,
    "tie_word_embeddings": false, "vocab_size": 32000}
    a 4096:4096 4096:12288 4096:22016 11008:4096

    edge-mistral-attention-bias 7241732096 7241732096 a*32
    {"model_type": "mistral", "attention_bias": true, "hidden_act": "silu", "hidden_size": 4096,
    "intermediate_size": 14336, "max_position_embeddings": 32768, "num_attention_heads": 32, "num_hidden_layers": 32,
    "num_key_value_heads": 8, "sliding_window": 4096, "tie_word_embeddings": false, "vocab_size": 32000}
    a 4096:4096 4096:6144 4096:28672 14336:4096

    edge-mistral-no-kv-key 7241732096 7241732096 a*32
    {"model_type": "mistral", "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 14336,
    "max_position_embeddings": 32768, "num_attention_heads": 32, "num_hidden_layers": 32, "sliding_window": 4096,
    "tie_word_embeddings": false, "vocab_size": 32000}
    a 4096:4096 4096:6144 4096:28672 14336:4096

    edge-mixtral-attention-bias 46702792704 12879925248 a*32
    {"model_type": "mixtral", "attention_bias": true, "hidden_act": "silu", "hidden_size": 4096,
    "intermediate_size": 14336, "max_position_embeddings": 32768, "num_attention_heads": 32, "num_experts_per_tok": 2,
    "num_hidden_layers": 32, "num_key_value_heads": 8, "num_local_experts": 8, "sliding_window": null,
    "tie_word_embeddings": false, "vocab_size": 32000}
    a 4096:8 4096:4096 4096:6144 4096:28672 14336:4096

    edge-neox-no-attention-bias 6856777728 6856777728 a*32
    {"model_type": "gpt_neox", "attention_bias": false, "hidden_act": "gelu", "hidden_size": 4096,
    "intermediate_size": 16384, "max_position_embeddings": 2048, "num_attention_heads": 32, "num_hidden_layers": 32,
    "rotary_pct": 0.25, "tie_word_embeddings": false, "use_parallel_residual": true, "vocab_size": 50432}
    a 4096:4096 4096:12288 4096:16384 16384:4096

    edge-qwen2-no-kv-key 7721324544 7721324544 a*32
    {"model_type": "qwen2", "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 11008,
    "max_position_embeddings": 32768, "max_window_layers": 28, "num_attention_heads": 32, "num_hidden_layers": 32,
    "sliding_window": 32768, "tie_word_embeddings": false, "use_sliding_window": false, "vocab_size": 151936}
    a 4096:4096 4096:12288 4096:22016 11008:4096

    edge-qwen3-no-head-dim 8190735360 8190735360 a*36
    {"model_type": "qwen3", "attention_bias": false, "hidden_act": "silu", "hidden_size": 4096,
    "intermediate_size": 12288, "max_position_embeddings": 40960, "max_window_layers": 36, "num_attention_heads": 32,
    "num_hidden_layers": 36, "num_key_value_heads": 8, "sliding_window": null, "tie_word_embeddings": false,
    "use_sliding_window": false, "vocab_size": 151936}
    a 4096:4096 4096:6144 4096:24576 12288:4096

    falcon-180b 178557088768 178557088768 a*80
    {"model_type": "falcon", "alibi": false, "bias": false, "hidden_size": 14848, "multi_query": true,
    "new_decoder_architecture": true, "num_attention_heads": 232, "num_hidden_layers": 80, "num_kv_heads": 8,
    "parallel_attn": true, "vocab_size": 65024}
    a 14848:14848 14848:15872 14848:59392 59392:14848

    falcon-40b 41303293952 41303293952 a*60
    {"model_type": "falcon", "alibi": false, "bias": false, "hidden_size": 8192, "multi_query": true,
    "new_decoder_architecture": true, "num_attention_heads": 128, "num_hidden_layers": 60, "num_kv_heads": 8,
    "parallel_attn": true, "vocab_size": 65024}
    a 8192:8192 8192:9216 8192:32768 32768:8192

    gemma-2-9b 9241705984 9241705984 a*42
    {"model_type": "gemma2", "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0, "head_dim": 256,
    "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 3584,
    "intermediate_size": 14336, "max_position_embeddings": 8192, "num_attention_heads": 16, "num_hidden_layers": 42,
    "num_key_value_heads": 8, "sliding_window": 4096, "vocab_size": 256000}
    a 3584:8192 3584:28672 4096:3584 14336:3584

    gemma-3-1b 999885952 999885952 a*26
    {"model_type": "gemma3_text", "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 1152,
    "intermediate_size": 6912, "max_position_embeddings": 32768, "num_attention_heads": 4, "num_hidden_layers": 26,
    "num_key_value_heads": 1, "sliding_window": 512, "sliding_window_pattern": 6, "vocab_size": 262144}
    a 1024:1152 1152:1536 1152:13824 6912:1152

    gemma-3-27b 27009346304 27009346304 a*62
    {"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "head_dim": 128, "hidden_size": 5376,
    "intermediate_size": 21504, "num_attention_heads": 32, "num_hidden_layers": 62, "num_key_value_heads": 16,
    "sliding_window": 1024}}
    a 4096:5376 5376:8192 5376:43008 21504:5376

    gemma-7b 8537680896 8537680896 a*28
    {"model_type": "gemma", "head_dim": 256, "hidden_act": "gelu", "hidden_size": 3072, "intermediate_size": 24576,
    "max_position_embeddings": 8192, "num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 16,
    "vocab_size": 256000}
    a 3072:12288 3072:49152 4096:3072 24576:3072

    glm-4-32b-0414 32566081536 32566081536 a*61
    {"model_type": "glm4", "attention_bias": false, "head_dim": 128, "hidden_act": "silu", "hidden_size": 6144,
    "intermediate_size": 23040, "max_position_embeddings": 32768, "num_attention_heads": 48, "num_hidden_layers": 61,
    "num_key_value_heads": 2, "partial_rotary_factor": 0.5, "tie_word_embeddings": false, "vocab_size": 151552}
    a 6144:6144 6144:6656 6144:46080 23040:6144

    glm-4.5 352797814784 33632251904 a*3 b*89
    {"model_type": "glm4_moe", "attention_bias": true, "first_k_dense_replace": 3, "head_dim": 128,
    "hidden_act": "silu", "hidden_size": 5120, "intermediate_size": 12288, "max_position_embeddings": 131072,
    "moe_intermediate_size": 1536, "n_routed_experts": 160, "n_shared_experts": 1, "num_attention_heads": 96,
    "num_experts_per_tok": 8, "num_hidden_layers": 92, "num_key_value_heads": 8, "num_nextn_predict_layers": 1,
    "partial_rotary_factor": 0.5, "tie_word_embeddings": false, "use_qk_norm": true, "vocab_size": 151552}
    a 5120:14336 5120:24576 12288:5120 12288:5120
    b 1536:5120 1536:5120 5120:160 5120:3072 5120:3072 5120:14336 12288:5120

    gpt-j-6b 6050882784 6050882784 a*28
    {"model_type": "gptj", "activation_function": "gelu_new", "n_embd": 4096, "n_head": 16, "n_inner": null,
    "n_layer": 28, "n_positions": 2048, "rotary": true, "rotary_dim": 64, "tie_word_embeddings": false,
    "vocab_size": 50400}
    a 4096:4096 4096:12288 4096:16384 16384:4096

    gpt-oss-20b 20914757184 4187440704 a*24
    {"model_type": "gpt_oss", "attention_bias": true, "head_dim": 64, "hidden_act": "silu", "hidden_size": 2880,
    "intermediate_size": 2880, "max_position_embeddings": 131072, "num_attention_heads": 64, "num_experts_per_tok": 4,
    "num_hidden_layers": 24, "num_key_value_heads": 8, "num_local_experts": 32, "sliding_window": 128,
    "tie_word_embeddings": false, "vocab_size": 201088}
    a 2880:32 2880:2880 2880:5120 2880:5760 4096:2880

    gpt2-xl 1557611200 1557611200 a*48
    {"model_type": "gpt2", "activation_function": "gelu_new", "attn_pdrop": 0.1, "embd_pdrop": 0.1, "n_embd": 1600,
    "n_head": 25, "n_layer": 48, "n_positions": 1024, "resid_pdrop": 0.1, "vocab_size": 50257}
    a 1600:1600 1600:4800 1600:6400 6400:1600

    granite-3.1-8b 8170848256 8170848256 a*40
    {"model_type": "granite", "attention_bias": false, "hidden_act": "silu", "hidden_size": 4096,
    "intermediate_size": 12800, "logits_scaling": 16.0, "max_position_embeddings": 131072, "mlp_bias": false,
    "num_attention_heads": 32, "num_hidden_layers": 40, "num_key_value_heads": 8, "tie_word_embeddings": true,
    "vocab_size": 49155}
    a 4096:4096 4096:6144 4096:25600 12800:4096

    internlm2-20b-as-llama 19861149696 19861149696 a*48
    {"model_type": "llama", "bias": false, "hidden_act": "silu", "hidden_size": 6144, "intermediate_size": 16384,
    "max_position_embeddings": 32768, "num_attention_heads": 48, "num_hidden_layers": 48, "num_key_value_heads": 8,
    "tie_word_embeddings": false, "vocab_size": 92544}
    a 6144:6144 6144:8192 6144:32768 16384:6144

    kimi-k2 1026408209408 32861477888 a*1 b*60
    {"model_type": "kimi_k2", "attention_bias": false, "first_k_dense_replace": 1, "hidden_act": "silu",
    "hidden_size": 7168, "intermediate_size": 18432, "kv_lora_rank": 512, "max_position_embeddings": 131072,
    "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_routed_experts": 384, "n_shared_experts": 1,
    "num_attention_heads": 64, "num_experts_per_tok": 8, "num_hidden_layers": 61, "num_key_value_heads": 64,
    "num_nextn_predict_layers": 0, "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
    "tie_word_embeddings": false, "v_head_dim": 128, "vocab_size": 163840}
    a 512:16384 1536:12288 7168:2112 7168:36864 8192:7168 18432:7168
    b 512:16384 1536:12288 2048:7168 2048:7168 7168:384 7168:2112 7168:4096 7168:4096 8192:7168

    llama-2-70b 68976648192 68976648192 a*80
    {"model_type": "llama", "hidden_act": "silu", "hidden_size": 8192, "intermediate_size": 28672,
    "max_position_embeddings": 4096, "num_attention_heads": 64, "num_hidden_layers": 80, "num_key_value_heads": 8,
    "tie_word_embeddings": false, "vocab_size": 32000}
    a 8192:8192 8192:10240 8192:57344 28672:8192

    llama-2-7b 6738415616 6738415616 a*32
    {"model_type": "llama", "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 11008,
    "max_position_embeddings": 4096, "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32,
    "tie_word_embeddings": false, "vocab_size": 32000}
    a 4096:4096 4096:12288 4096:22016 11008:4096

    llama-4-maverick 400711848960 17184691200 ab*24
    {"model_type": "llama4", "text_config": {"model_type": "llama4_text", "attention_bias": false,
    "attention_chunk_size": 8192, "head_dim": 128, "hidden_act": "silu", "hidden_size": 5120,
    "interleave_moe_layer_step": 2, "intermediate_size": 8192, "intermediate_size_mlp": 16384,
    "max_position_embeddings": 1048576, "num_attention_heads": 40, "num_experts_per_tok": 1, "num_hidden_layers": 48,
    "num_key_value_heads": 8, "num_local_experts": 128, "use_qk_norm": false, "vocab_size": 202048}}
    a 5120:5120 5120:7168 5120:32768 16384:5120
    b 5120:128 5120:5120 5120:7168 5120:16384 5120:16384 8192:5120 8192:5120

    llama-attention-bias-only 1104300032 1104300032 a*16
    {"model_type": "llama", "attention_bias": true, "hidden_act": "silu", "hidden_size": 2048,
    "intermediate_size": 8192, "max_position_embeddings": 4096, "mlp_bias": false, "num_attention_heads": 32,
    "num_hidden_layers": 16, "num_key_value_heads": 8, "tie_word_embeddings": false, "vocab_size": 32000}
    a 2048:2048 2048:3072 2048:16384 8192:2048

    llama-mlp-bias-only 1104513024 1104513024 a*16
    {"model_type": "llama", "attention_bias": false, "hidden_act": "silu", "hidden_size": 2048,
    "intermediate_size": 8192, "max_position_embeddings": 4096, "mlp_bias": true, "num_attention_heads": 32,
    "num_hidden_layers": 16, "num_key_value_heads": 8, "tie_word_embeddings": false, "vocab_size": 32000}
    a 2048:2048 2048:3072 2048:16384 8192:2048

    minimax-m2.5 228689748992 11030537216 a*62
    {"model_type": "minimax_m2", "head_dim": 128, "hidden_act": "silu", "hidden_size": 3072, "intermediate_size": 1536,
    "max_position_embeddings": 196608, "num_attention_heads": 48, "num_experts_per_tok": 8, "num_hidden_layers": 62,
    "num_key_value_heads": 8, "num_local_experts": 256, "num_mtp_modules": 3, "rotary_dim": 64,
    "shared_intermediate_size": 0, "tie_word_embeddings": false, "use_qk_norm": true, "vocab_size": 200064}
    a 1536:3072 3072:256 3072:3072 3072:8192 6144:3072

    mistral-7b-v0.1 7241732096 7241732096 a*32
    {"model_type": "mistral", "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 14336,
    "max_position_embeddings": 32768, "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8,
    "sliding_window": 4096, "tie_word_embeddings": false, "vocab_size": 32000}
    a 4096:4096 4096:6144 4096:28672 14336:4096

    mixtral-8x22b 140620634112 39152031744 a*56
    {"model_type": "mixtral", "hidden_act": "silu", "hidden_size": 6144, "intermediate_size": 16384,
    "max_position_embeddings": 65536, "num_attention_heads": 48, "num_experts_per_tok": 2, "num_hidden_layers": 56,
    "num_key_value_heads": 8, "num_local_experts": 8, "sliding_window": null, "tie_word_embeddings": false,
    "vocab_size": 32000}
    a 6144:8 6144:6144 6144:8192 6144:32768 16384:6144

    mixtral-8x7b 46702792704 12879925248 a*32
    {"model_type": "mixtral", "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 14336,
    "max_position_embeddings": 32768, "num_attention_heads": 32, "num_experts_per_tok": 2, "num_hidden_layers": 32,
    "num_key_value_heads": 8, "num_local_experts": 8, "sliding_window": null, "tie_word_embeddings": false,
    "vocab_size": 32000}
    a 4096:8 4096:4096 4096:6144 4096:28672 14336:4096

    mpt-30b 29957200896 29957200896 a*48
    {"model_type": "mpt", "attn_config": {"alibi": true, "alibi_bias_max": 8, "attn_impl": "torch", "attn_pdrop": 0,
    "attn_type": "multihead_attention", "attn_uses_sequence_id": false, "clip_qkv": null, "prefix_lm": false,
    "qk_ln": false, "softmax_scale": null}, "d_model": 7168, "expansion_ratio": 4, "learned_pos_emb": true,
    "max_seq_len": 8192, "n_heads": 64, "n_layers": 48, "no_bias": true, "norm_type": "low_precision_layernorm",
    "resid_pdrop": 0, "vocab_size": 50432}
    a 7168:7168 7168:21504 7168:28672 28672:7168

    nemotron-3-nano-30b-a3b 31577937344 3580073408 ababacbababacbababacbababacbababacbabababacbabababab*1
    {"model_type": "nemotron_h", "attention_bias": false, "chunk_size": 128, "conv_kernel": 4, "expand": 2,
    "head_dim": 128, "hidden_size": 2688,
    "hybrid_override_pattern": "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME", "intermediate_size": 1856,
    "mamba_head_dim": 64, "mamba_num_heads": 64, "max_position_embeddings": 262144, "mlp_bias": false,
    "mlp_hidden_act": "relu2", "moe_intermediate_size": 1856, "moe_shared_expert_intermediate_size": 3712,
    "n_groups": 8, "n_routed_experts": 128, "n_shared_experts": 1, "num_attention_heads": 32, "num_experts_per_tok": 6,
    "num_hidden_layers": 52, "num_key_value_heads": 2, "partial_rotary_factor": 1.0, "sliding_window": null,
    "ssm_state_size": 128, "tie_word_embeddings": false, "use_bias": false, "use_conv_bias": true, "vocab_size": 131072}
    a 2688:10304 4096:2688
    b 1856:2688 2688:128 2688:1856 2688:3712 3712:2688
    c 2688:4608 4096:2688

    nemotron-3-ultra-550b 549308968960 56058818560 abababacbababacbabababacbabababacbababacbabababacbabababacbababacbabababacbabababacbababacbabababacbabababab*1
    {"model_type": "nemotron_h", "attention_bias": false, "chunk_size": 128, "conv_kernel": 4, "expand": 2,
    "head_dim": 128, "hidden_size": 8192, "intermediate_size": 5120, "layers_block_type": ["mamba", "moe", "mamba",
    "moe", "mamba", "moe", "mamba", "attention", "moe", "mamba", "moe", "mamba", "moe", "mamba", "attention", "moe",
    "mamba", "moe", "mamba", "moe", "mamba", "moe", "mamba", "attention", "moe", "mamba", "moe", "mamba", "moe",
    "mamba", "moe", "mamba", "attention", "moe", "mamba", "moe", "mamba", "moe", "mamba", "attention", "moe", "mamba",
    "moe", "mamba", "moe", "mamba", "moe", "mamba", "attention", "moe", "mamba", "moe", "mamba", "moe", "mamba", "moe",
    "mamba", "attention", "moe", "mamba", "moe", "mamba", "moe", "mamba", "attention", "moe", "mamba", "moe", "mamba",
    "moe", "mamba", "moe", "mamba", "attention", "moe", "mamba", "moe", "mamba", "moe", "mamba", "moe", "mamba",
    "attention", "moe", "mamba", "moe", "mamba", "moe", "mamba", "attention", "moe", "mamba", "moe", "mamba", "moe",
    "mamba", "moe", "mamba", "attention", "moe", "mamba", "moe", "mamba", "moe", "mamba", "moe", "mamba", "moe"],
    "mamba_head_dim": 64, "mamba_num_heads": 256, "max_position_embeddings": 262144, "mlp_bias": false,
    "mlp_hidden_act": "relu2", "moe_intermediate_size": 5120, "moe_latent_size": 2048,
    "moe_shared_expert_intermediate_size": 10240, "n_groups": 8, "n_routed_experts": 512, "n_shared_experts": 1,
    "num_attention_heads": 64, "num_experts_per_tok": 22, "num_key_value_heads": 2, "num_nextn_predict_layers": 1,
    "partial_rotary_factor": 1.0, "sliding_window": null, "ssm_state_size": 128, "tie_word_embeddings": false,
    "time_step_limit": [0.0, Infinity], "use_bias": false, "use_conv_bias": true, "vocab_size": 131072}
    a 8192:35072 16384:8192
    b 2048:5120 2048:8192 5120:2048 8192:512 8192:2048 8192:10240 10240:8192
    c 8192:8192 8192:8704

    nemotron-4-15b 15628775424 15628775424 a*32
    {"model_type": "nemotron", "attention_bias": false, "head_dim": 128, "hidden_act": "relu2", "hidden_size": 6144,
    "intermediate_size": 24576, "max_position_embeddings": 4096, "mlp_bias": false, "num_attention_heads": 48,
    "num_hidden_layers": 32, "num_key_value_heads": 8, "partial_rotary_factor": 0.5, "tie_word_embeddings": false,
    "vocab_size": 256000}
    a 6144:6144 6144:8192 6144:24576 24576:6144

    nemotron-h-8b 8100852736 8100852736 abababacbababababacbababababacbababababacbababababab*1
    {"model_type": "nemotron_h", "attention_bias": false, "attention_head_dim": 128, "conv_kernel": 4, "expand": 2,
    "head_dim": 128, "hidden_size": 4096,
    "hybrid_override_pattern": "M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-", "intermediate_size": 21504,
    "mamba_head_dim": 64, "mamba_num_heads": 128, "max_position_embeddings": 8192, "mlp_bias": false,
    "mlp_hidden_act": "relu2", "n_groups": 8, "num_attention_heads": 32, "num_hidden_layers": 52,
    "num_key_value_heads": 8, "ssm_state_size": 128, "tie_word_embeddings": false, "use_bias": false,
    "use_conv_bias": true, "vocab_size": 131072}
    a 4096:18560 8192:4096
    b 4096:21504 21504:4096
    c 4096:4096 4096:6144

    olmo2-32b 32234279936 32234279936 a*64
    {"model_type": "olmo2", "attention_bias": false, "hidden_act": "silu", "hidden_size": 5120,
    "intermediate_size": 27648, "max_position_embeddings": 4096, "num_attention_heads": 40, "num_hidden_layers": 64,
    "num_key_value_heads": 8, "tie_word_embeddings": false, "vocab_size": 100352}
    a 5120:5120 5120:7168 5120:55296 27648:5120

    opt-350m 331196416 331196416 a*24
    {"model_type": "opt", "activation_function": "relu", "do_layer_norm_before": false, "dropout": 0.1, "ffn_dim": 4096,
    "hidden_size": 1024, "max_position_embeddings": 2048, "num_attention_heads": 16, "num_hidden_layers": 24,
    "vocab_size": 50272, "word_embed_proj_dim": 512}
    a 1024:1024 1024:3072 1024:4096 4096:1024

    opt-66b 65719701504 65719701504 a*64
    {"model_type": "opt", "activation_function": "relu", "do_layer_norm_before": true, "dropout": 0.1, "ffn_dim": 36864,
    "hidden_size": 9216, "max_position_embeddings": 2048, "num_attention_heads": 72, "num_hidden_layers": 64,
    "vocab_size": 50272, "word_embed_proj_dim": 9216}
    a 9216:9216 9216:27648 9216:36864 36864:9216

    phi-2 2779683840 2779683840 a*32
    {"model_type": "phi", "hidden_act": "gelu_new", "hidden_size": 2560, "intermediate_size": 10240,
    "max_position_embeddings": 2048, "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32,
    "partial_rotary_factor": 0.4, "qk_layernorm": false, "resid_pdrop": 0.1, "tie_word_embeddings": false,
    "vocab_size": 51200}
    a 2560:2560 2560:7680 2560:10240 10240:2560

    phi-3-mini 3821079552 3821079552 a*32
    {"model_type": "phi3", "attention_bias": false, "hidden_act": "silu", "hidden_size": 3072,
    "intermediate_size": 8192, "max_position_embeddings": 4096, "num_attention_heads": 32, "num_hidden_layers": 32,
    "num_key_value_heads": 32, "sliding_window": 2047, "tie_word_embeddings": false, "vocab_size": 32064}
    a 3072:3072 3072:9216 3072:16384 8192:3072

    phi-4 14659507200 14659507200 a*40
    {"model_type": "phi3", "attention_bias": false, "hidden_act": "silu", "hidden_size": 5120,
    "intermediate_size": 17920, "max_position_embeddings": 16384, "num_attention_heads": 40, "num_hidden_layers": 40,
    "num_key_value_heads": 10, "sliding_window": null, "tie_word_embeddings": false, "vocab_size": 100352}
    a 5120:5120 5120:7680 5120:35840 17920:5120

    pythia-6.9b 6857302016 6857302016 a*32
    {"model_type": "gpt_neox", "hidden_act": "gelu", "hidden_size": 4096, "intermediate_size": 16384,
    "max_position_embeddings": 2048, "num_attention_heads": 32, "num_hidden_layers": 32, "rotary_pct": 0.25,
    "tie_word_embeddings": false, "use_parallel_residual": true, "vocab_size": 50432}
    a 4096:4096 4096:12288 4096:16384 16384:4096

    qwen1.5-7b 7721324544 7721324544 a*32
    {"model_type": "qwen2", "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 11008,
    "max_position_embeddings": 32768, "max_window_layers": 28, "num_attention_heads": 32, "num_hidden_layers": 32,
    "num_key_value_heads": 32, "sliding_window": 32768, "tie_word_embeddings": false, "use_sliding_window": false,
    "vocab_size": 151936}
    a 4096:4096 4096:12288 4096:22016 11008:4096

    qwen2-57b-a14b 57408658944 14249270784 a*28
    {"model_type": "qwen2_moe", "decoder_sparse_step": 1, "hidden_act": "silu", "hidden_size": 3584,
    "intermediate_size": 18944, "max_position_embeddings": 32768, "moe_intermediate_size": 2560,
    "num_attention_heads": 28, "num_experts": 64, "num_experts_per_tok": 8, "num_hidden_layers": 28,
    "num_key_value_heads": 4, "shared_expert_intermediate_size": 20480, "tie_word_embeddings": false,
    "vocab_size": 151936}
    a 2560:3584 3584:1 3584:64 3584:3584 3584:4608 3584:5120 3584:40960 20480:3584

    qwen2.5-7b 7615616512 7615616512 a*28
    {"model_type": "qwen2", "hidden_act": "silu", "hidden_size": 3584, "intermediate_size": 18944,
    "max_position_embeddings": 131072, "num_attention_heads": 28, "num_hidden_layers": 28, "num_key_value_heads": 4,
    "tie_word_embeddings": false, "vocab_size": 152064}
    a 3584:3584 3584:4608 3584:37888 18944:3584

    qwen3-0.6b 596049920 596049920 a*28
    {"model_type": "qwen3", "attention_bias": false, "head_dim": 128, "hidden_act": "silu", "hidden_size": 1024,
    "intermediate_size": 3072, "max_position_embeddings": 40960, "max_window_layers": 28, "num_attention_heads": 16,
    "num_hidden_layers": 28, "num_key_value_heads": 8, "sliding_window": null, "tie_word_embeddings": true,
    "use_sliding_window": false, "vocab_size": 151936}
    a 1024:4096 1024:6144 2048:1024 3072:1024

    qwen3-1.7b 1720574976 1720574976 a*28
    {"model_type": "qwen3", "attention_bias": false, "head_dim": 128, "hidden_act": "silu", "hidden_size": 2048,
    "intermediate_size": 6144, "max_position_embeddings": 40960, "max_window_layers": 28, "num_attention_heads": 16,
    "num_hidden_layers": 28, "num_key_value_heads": 8, "sliding_window": null, "tie_word_embeddings": true,
    "use_sliding_window": false, "vocab_size": 151936}
    a 2048:2048 2048:4096 2048:12288 6144:2048

    qwen3-235b-a22b 235093634560 22190763520 a*94
    {"model_type": "qwen3_moe", "attention_bias": false, "decoder_sparse_step": 1, "head_dim": 128,
    "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 12288, "max_position_embeddings": 40960,
    "max_window_layers": 94, "mlp_only_layers": [], "moe_intermediate_size": 1536, "num_attention_heads": 64,
    "num_experts": 128, "num_experts_per_tok": 8, "num_hidden_layers": 94, "num_key_value_heads": 4,
    "sliding_window": null, "tie_word_embeddings": false, "use_sliding_window": false, "vocab_size": 151936}
    a 1536:4096 4096:128 4096:3072 4096:9216 8192:4096

    qwen3-30b-a3b 30532122624 3353032704 a*48
    {"model_type": "qwen3_moe", "attention_bias": false, "decoder_sparse_step": 1, "head_dim": 128,
    "hidden_act": "silu", "hidden_size": 2048, "intermediate_size": 6144, "max_position_embeddings": 40960,
    "max_window_layers": 48, "mlp_only_layers": [], "moe_intermediate_size": 768, "num_attention_heads": 32,
    "num_experts": 128, "num_experts_per_tok": 8, "num_hidden_layers": 48, "num_key_value_heads": 4,
    "sliding_window": null, "tie_word_embeddings": false, "use_sliding_window": false, "vocab_size": 151936}
    a 768:2048 2048:128 2048:1536 2048:5120 4096:2048

    qwen3-32b-fp8 32762123264 32762123264 a*64
    {"model_type": "qwen3", "attention_bias": false, "head_dim": 128, "hidden_act": "silu", "hidden_size": 5120,
    "intermediate_size": 25600, "max_position_embeddings": 40960, "max_window_layers": 64, "num_attention_heads": 64,
    "num_hidden_layers": 64, "num_key_value_heads": 8, "sliding_window": null, "tie_word_embeddings": false,
    "use_sliding_window": false, "vocab_size": 151936}
    a 5120:10240 5120:51200 8192:5120 25600:5120

    qwen3-next-80b-a3b 79674391296 3874929408 aaab*12
    {"model_type": "qwen3_next", "attention_bias": false, "decoder_sparse_step": 1, "full_attention_interval": 4,
    "head_dim": 256, "hidden_act": "silu", "hidden_size": 2048, "intermediate_size": 5120, "linear_conv_kernel_dim": 4,
    "linear_key_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32, "linear_value_head_dim": 128,
    "max_position_embeddings": 262144, "mlp_only_layers": [], "moe_intermediate_size": 512, "num_attention_heads": 16,
    "num_experts": 512, "num_experts_per_tok": 10, "num_hidden_layers": 48, "num_key_value_heads": 2,
    "partial_rotary_factor": 0.25, "shared_expert_intermediate_size": 512, "tie_word_embeddings": false,
    "vocab_size": 151936}
    a 512:2048 512:2048 2048:1 2048:64 2048:512 2048:1024 2048:1024 2048:12288 4096:2048
    b 512:2048 512:2048 2048:1 2048:512 2048:1024 2048:1024 2048:9216 4096:2048

    stablelm-2-1.6b 1644515328 1644515328 a*24
    {"model_type": "stablelm", "hidden_act": "silu", "hidden_size": 2048, "intermediate_size": 5632,
    "max_position_embeddings": 4096, "num_attention_heads": 32, "num_hidden_layers": 24, "num_key_value_heads": 32,
    "partial_rotary_factor": 0.25, "tie_word_embeddings": false, "use_qkv_bias": true, "vocab_size": 100352}
    a 2048:2048 2048:6144 2048:11264 5632:2048

    starcoder2-3b 3030371328 3030371328 a*30
    {"model_type": "starcoder2", "hidden_act": "gelu_pytorch_tanh", "hidden_size": 3072, "intermediate_size": 12288,
    "max_position_embeddings": 16384, "mlp_type": "default", "norm_type": "layer_norm", "num_attention_heads": 24,
    "num_hidden_layers": 30, "num_key_value_heads": 2, "residual_dropout": 0.1, "sliding_window": 4096,
    "use_bias": true, "vocab_size": 49152}
    a 3072:3072 3072:3584 3072:12288 12288:3072

    yi-34b 34388917248 34388917248 a*60
    {"model_type": "llama", "hidden_act": "silu", "hidden_size": 7168, "intermediate_size": 20480,
    "max_position_embeddings": 4096, "num_attention_heads": 56, "num_hidden_layers": 60, "num_key_value_heads": 8,
    "tie_word_embeddings": false, "vocab_size": 64000}
    a 7168:7168 7168:9216 7168:40960 20480:7168
    """#
}

/// The layers of 64 published and odd configurations, as the classes of transformers 5.24 build them.
///
/// Counts and shapes are those of the classes' own modules; queries, keys and values count as one product, as do gate and
/// up projection, and what narrows queries and keys in latent attention.
@Suite struct ArchitecturesTests {
  @Test func allAreThere() { #expect(Architecture.all.count == 64) }

  @Test(arguments: Architecture.all)
  func weightsAndProductsAreThoseOfTransformers(_ published: Architecture) throws {
    let model = try published.read()
    #expect(Int(model.parameters) == published.total)
    #expect(Int(model.activeParameters) == published.active)
    let plan = try ParallelPlan(batch: 1, sequence: 1, dtype: .bf16)
    let sharded = try ShardedModel(model: model, plan: plan, options: StepOptions(work: .forward))
    let kinds = sharded.graphs.map { graph in
      Architecture.sorted(
        graph.gemms.compactMap {
          guard case .gemm(let shape, _, .weight) = $0.operation else { return nil }
          return [shape.k, shape.n]
        })
    }
    let layers = model.stack.runs(in: 0..<model.layers).flatMap { Array(repeating: kinds[$0.kind], count: $0.count) }
    #expect(layers == published.layers)
  }
}
