/// Configuration files of models that a layer of takes microseconds.
enum TinyConfigurations {
  static let llama = """
    {"model_type": "llama", "hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 4,
     "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 100, "max_position_embeddings": 64}
    """

  static let gpt2 = """
    {"model_type": "gpt2", "n_embd": 64, "n_layer": 4, "n_head": 4, "n_positions": 64, "vocab_size": 100}
    """

  static let mixtral = """
    {"model_type": "mixtral", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
     "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 100, "max_position_embeddings": 64,
     "num_local_experts": 4, "num_experts_per_tok": 2}
    """
}
