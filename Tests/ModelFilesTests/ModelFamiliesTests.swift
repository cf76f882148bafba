import DataFiles
import ModelFiles
import Testing

@testable import TransformerModels

/// Configuration files as the families' publishers spell them, beside the built-in models.
@Suite struct ModelFamiliesTests {
  private static func llama(hidden: Int, ffn: Int, layers: Int, heads: Int) -> String {
    """
    {
      "architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 128000,
      "eos_token_id": 128001, "hidden_act": "silu", "hidden_size": \(hidden), "initializer_range": 0.02,
      "intermediate_size": \(ffn), "max_position_embeddings": 131072, "mlp_bias": false, "model_type": "llama",
      "num_attention_heads": \(heads), "num_hidden_layers": \(layers), "num_key_value_heads": 8, "pretraining_tp": 1,
      "rms_norm_eps": 1e-05, "rope_scaling": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
      "original_max_position_embeddings": 8192, "rope_type": "llama3"}, "rope_theta": 500000.0,
      "tie_word_embeddings": false, "torch_dtype": "bfloat16", "use_cache": true, "vocab_size": 128256
    }
    """
  }

  private static let mixtral = """
    {
      "architectures": ["MixtralForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2,
      "hidden_act": "silu", "hidden_size": 4096, "initializer_range": 0.02, "intermediate_size": 14336,
      "max_position_embeddings": 32768, "model_type": "mixtral", "num_attention_heads": 32, "num_experts_per_tok": 2,
      "num_hidden_layers": 32, "num_key_value_heads": 8, "num_local_experts": 8, "output_router_logits": false,
      "rms_norm_eps": 1e-05, "rope_theta": 1000000.0, "router_aux_loss_coef": 0.02, "sliding_window": null,
      "tie_word_embeddings": false, "torch_dtype": "bfloat16", "use_cache": true, "vocab_size": 32000
    }
    """

  private static let qwen = """
    {
      "architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643, "eos_token_id": 151643,
      "hidden_act": "silu", "hidden_size": 8192, "initializer_range": 0.02, "intermediate_size": 29568,
      "max_position_embeddings": 131072, "max_window_layers": 80, "model_type": "qwen2", "num_attention_heads": 64,
      "num_hidden_layers": 80, "num_key_value_heads": 8, "rms_norm_eps": 1e-05, "rope_theta": 1000000.0,
      "sliding_window": 131072, "tie_word_embeddings": false, "torch_dtype": "bfloat16", "use_cache": true,
      "use_mrope": false, "use_sliding_window": false, "vocab_size": 152064
    }
    """

  private static func gpt2(hidden: Int, layers: Int, heads: Int, positions: Int = 2048, vocabulary: Int = 51200)
    -> String
  {
    """
    {
      "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1,
      "bos_token_id": 50256, "embd_pdrop": 0.1, "eos_token_id": 50256, "initializer_range": 0.02,
      "layer_norm_epsilon": 1e-05, "model_type": "gpt2", "n_ctx": \(positions), "n_embd": \(hidden), "n_head": \(heads),
      "n_inner": null, "n_layer": \(layers), "n_positions": \(positions), "resid_pdrop": 0.1, "vocab_size": \(vocabulary)
    }
    """
  }

  private static let neoX = """
    {
      "architectures": ["GPTNeoXForCausalLM"], "attention_probs_dropout_prob": 0, "bos_token_id": 0, "eos_token_id": 0,
      "hidden_act": "gelu_fast", "hidden_dropout_prob": 0, "hidden_size": 6144, "initializer_range": 0.02,
      "intermediate_size": 24576, "layer_norm_eps": 1e-05, "max_position_embeddings": 2048, "model_type": "gpt_neox",
      "num_attention_heads": 64, "num_hidden_layers": 44, "rotary_emb_base": 10000, "rotary_pct": 0.25,
      "tie_word_embeddings": false, "torch_dtype": "float16", "use_cache": true, "vocab_size": 50432
    }
    """

  private static let published: [(name: String, file: String)] = [
    ("llama-3.1-8b", llama(hidden: 4096, ffn: 14336, layers: 32, heads: 32)),
    ("llama-3.1-70b", llama(hidden: 8192, ffn: 28672, layers: 80, heads: 64)),
    ("llama-3.1-405b", llama(hidden: 16384, ffn: 53248, layers: 126, heads: 128)),
    ("mixtral-8x7b", mixtral), ("qwen2.5-72b", qwen),
    ("gpt2", gpt2(hidden: 768, layers: 12, heads: 12, positions: 1024, vocabulary: 50257)),
    ("gpt3-175b", gpt2(hidden: 12288, layers: 96, heads: 96)),
    ("megatron-22b", gpt2(hidden: 6144, layers: 48, heads: 64)),
    ("turing-530b", gpt2(hidden: 20480, layers: 105, heads: 128)),
    ("megatron-1t", gpt2(hidden: 25600, layers: 128, heads: 160)),
  ]

  private func read(_ text: String) throws -> ModelConfiguration {
    try ModelConfiguration(huggingFace: JSONDocument(text: text, file: "config.json").root, name: "config.json")
  }

  /// Everything but the name.
  private func isSame(_ a: ModelConfiguration, _ b: ModelConfiguration) throws -> Bool {
    func unnamed(_ m: ModelConfiguration) throws -> ModelConfiguration {
      try ModelConfiguration(
        name: "", hidden: m.hidden, stack: m.stack, normalization: m.normalization, ends: m.ends,
        maximumPositions: m.maximumPositions, dropout: m.dropout)
    }
    return try unnamed(a) == unnamed(b)
  }

  @Test func filesReadAsTheBuiltIns() throws {
    for (name, file) in Self.published {
      #expect(try isSame(read(file), ModelConfiguration(named: name)), "\(name)")
    }
    // Every built-in model but the bare reference stack has its file here.
    #expect(Set(Self.published.map(\.name) + ["reference"]) == Set(ModelConfiguration.builtInNames))
  }

  /// GPT-2 (1.5 B: openai-community/gpt2-xl) and GPT-NeoX (20 B: EleutherAI/gpt-neox-20b), by their weights' numbers.
  @Test func otherModelsOfTheFamiliesHaveTheirSize() throws {
    let xl = try read(Self.gpt2(hidden: 1600, layers: 48, heads: 25, positions: 1024, vocabulary: 50257))
    #expect(xl.parameters == 1_557_611_200)
    let neoX = try read(Self.neoX)
    #expect(neoX.parameters == 20_554_567_680)
    #expect(neoX.attention?.rotated == 24 && !neoX.tiedEmbeddings && !neoX.dropout && neoX.attention?.hasBias == true)
  }

  @Test(arguments: [
    ("\"num_experts_per_tok\": 2", "\"num_experts_per_tok\": 9", 4, "takes 9 of 8 experts"),
    ("\"num_local_experts\": 8", "\"num_local_experts\": 0", 5, "num_local_experts is 0"),
    ("\"num_key_value_heads\": 8", "\"num_key_value_heads\": 5", 5, "keyValueHeads is 5"),
    ("\"model_type\": \"mixtral\"", "\"model_type\": 7", 4, "a string is expected"),
  ])
  func wrongFilesArePointedAt(part: String, replacement: String, line: Int, words: String) throws {
    let parts = Self.mixtral.split(separator: part, maxSplits: 1)
    try #require(parts.count == 2)
    do {
      _ = try read(parts.joined(separator: replacement))
      Issue.record("read without an error")
    } catch ModelError.file(let error) {
      #expect(error.line == line && error.column != nil)
      #expect(error.description.contains(words), "\(error)")
    }
  }
}
