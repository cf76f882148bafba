import TransformerModels

/// Models of a few thousand weights, one for each kind of layer.
enum TinyModels {
  static func gpt(
    _ activation: DenseMLP.Activation = .gelu, normalization: ModelConfiguration.Normalization = .layerNorm
  ) throws -> ModelConfiguration {
    try ModelConfiguration(
      name: "tiny-gpt", layers: 3, hidden: 32, heads: 4, ffn: 80, activation: activation, normalization: normalization,
      positions: .learned)
  }

  static func llama() throws -> ModelConfiguration {
    try ModelConfiguration(
      name: "tiny-llama", layers: 3, hidden: 32, heads: 4, keyValueHeads: 2, ffn: 80, gated: true, activation: .silu,
      normalization: .rmsNorm, positions: .rotary)
  }

  /// Heads of an odd width that do not add up to the stream's.
  static func odd() throws -> ModelConfiguration {
    try ModelConfiguration(
      name: "odd", layers: 2, hidden: 30, heads: 6, keyValueHeads: 3, headDimension: 7, ffn: 34, gated: true,
      activation: .silu, normalization: .rmsNorm, positions: .rotary)
  }

  /// Gated by GELU, and heads of which a part is turned.
  static func partlyRotated() throws -> ModelConfiguration {
    try ModelConfiguration(
      name: "partly-rotated", layers: 2, hidden: 32, heads: 4, keyValueHeads: 2, headDimension: 12, ffn: 40,
      gated: true,
      activation: .gelu, normalization: .rmsNorm, positions: .rotary, rotated: 6)
  }

  static func mixtral() throws -> ModelConfiguration {
    try ModelConfiguration(
      name: "tiny-mixtral", layers: 2, hidden: 32, heads: 4, keyValueHeads: 2, ffn: 48, gated: true, activation: .silu,
      normalization: .rmsNorm, positions: .rotary, experts: (count: 4, topK: 2))
  }
}
