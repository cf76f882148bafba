extension ModelConfiguration {
  /// The models known by name, `reference` first.
  public static let builtIn: [ModelConfiguration] = [
    reference, gpt3, megatron22B, turing530B, megatron1T, llama8B, llama70B, llama405B, mixtral8x7B, qwen72B, gpt2,
  ]

  /// The built-in model of that name; nil when there is none.
  public static func builtIn(named name: String) -> ModelConfiguration? {
    builtIn.first { $0.name == name }
  }

  /// The reference: a stack of 16 layers without embedding and head.
  ///
  /// Source: the DAG runtime analysis report that this project implements.
  public static let reference = gpt(
    "reference", layers: 16, hidden: 8192, heads: 16, ffn: 32768, vocabulary: nil, maximumPositions: nil,
    positions: .none, biases: .none)

  /// GPT-3 with 175 billion parameters.
  ///
  /// Source: Brown et al., *Language Models are Few-Shot Learners*, arXiv 2005.14165, table 2.1; the vocabulary padded
  /// to 51,200 as in Korthikanti et al., arXiv 2205.05198, §6.
  static let gpt3 = gpt(
    "gpt3-175b", layers: 96, hidden: 12288, heads: 96, ffn: 49152, vocabulary: 51200, maximumPositions: 2048)

  /// The 22-billion-parameter model of Korthikanti et al., arXiv 2205.05198, table 3.
  static let megatron22B = gpt(
    "megatron-22b", layers: 48, hidden: 6144, heads: 64, ffn: 24576, vocabulary: 51200, maximumPositions: 2048)

  /// Megatron-Turing NLG.
  ///
  /// Source: Smith et al., arXiv 2201.11990, §2.2, and Korthikanti et al., arXiv 2205.05198, table 3.
  static let turing530B = gpt(
    "turing-530b", layers: 105, hidden: 20480, heads: 128, ffn: 81920, vocabulary: 51200, maximumPositions: 2048)

  /// The trillion-parameter model of Korthikanti et al., arXiv 2205.05198, table 3.
  static let megatron1T = gpt(
    "megatron-1t", layers: 128, hidden: 25600, heads: 160, ffn: 102400, vocabulary: 51200, maximumPositions: 2048)

  /// Source: `config.json` of huggingface.co/meta-llama/Llama-3.1-8B; arXiv 2407.21783, table 3.
  static let llama8B = llama(
    "llama-3.1-8b", layers: 32, hidden: 4096, heads: 32, ffn: 14336, vocabulary: 128_256, maximumPositions: 131_072)

  /// Source: `config.json` of huggingface.co/meta-llama/Llama-3.1-70B; arXiv 2407.21783, table 3.
  static let llama70B = llama(
    "llama-3.1-70b", layers: 80, hidden: 8192, heads: 64, ffn: 28672, vocabulary: 128_256, maximumPositions: 131_072)

  /// Source: `config.json` of huggingface.co/meta-llama/Llama-3.1-405B; arXiv 2407.21783, table 3.
  static let llama405B = llama(
    "llama-3.1-405b", layers: 126, hidden: 16384, heads: 128, ffn: 53248, vocabulary: 128_256,
    maximumPositions: 131_072)

  /// Source: `config.json` of huggingface.co/mistralai/Mixtral-8x7B-v0.1; arXiv 2401.04088, table 1.
  static let mixtral8x7B = llama(
    "mixtral-8x7b", layers: 32, hidden: 4096, heads: 32, ffn: 14336, vocabulary: 32000, maximumPositions: 32768,
    experts: Experts(count: 8, topK: 2))

  /// Source: `config.json` of huggingface.co/Qwen/Qwen2.5-72B; arXiv 2412.15115, table 1.
  static let qwen72B = llama(
    "qwen2.5-72b", layers: 80, hidden: 8192, heads: 64, ffn: 29568, vocabulary: 152_064, maximumPositions: 131_072,
    biases: .queryKeyValue)

  /// GPT-2 with 124 million parameters: small enough for a host.
  ///
  /// Source: `config.json` of huggingface.co/openai-community/gpt2; Radford et al., *Language Models are Unsupervised
  /// Multitask Learners*, 2019, table 2.
  static let gpt2 = gpt(
    "gpt2", layers: 12, hidden: 768, heads: 12, ffn: 3072, vocabulary: 50257, maximumPositions: 1024)

  /// What the GPT family has in common: layer norm, GELU, as many key heads as query heads; with a
  /// vocabulary, tied embeddings and dropout.
  private static func gpt(
    _ name: String, layers: Int, hidden: Int, heads: Int, ffn: Int, vocabulary: Int?, maximumPositions: Int?,
    positions: Positions = .learned, biases: Biases = .all
  ) -> ModelConfiguration {
    ModelConfiguration(
      unchecked: name, layers: layers, hidden: hidden, heads: heads, keyValueHeads: heads,
      headDimension: hidden / heads, ffn: ffn, vocabulary: vocabulary, maximumPositions: maximumPositions,
      gated: false, activation: .gelu, normalization: .layerNorm, positions: positions, biases: biases,
      tiedEmbeddings: vocabulary != nil, dropout: vocabulary != nil, experts: nil)
  }

  /// What the built-in Llama-shaped models have in common: RMS norm, SwiGLU, 8 key-value heads, rotary positions.
  private static func llama(
    _ name: String, layers: Int, hidden: Int, heads: Int, ffn: Int, vocabulary: Int, maximumPositions: Int,
    biases: Biases = .none, experts: Experts? = nil
  ) -> ModelConfiguration {
    ModelConfiguration(
      unchecked: name, layers: layers, hidden: hidden, heads: heads, keyValueHeads: 8,
      headDimension: hidden / heads, ffn: ffn, vocabulary: vocabulary, maximumPositions: maximumPositions,
      gated: true, activation: .silu, normalization: .rmsNorm, positions: .rotary, biases: biases,
      tiedEmbeddings: false, dropout: false, experts: experts)
  }
}
