import ModelFiles

@testable import TransformerModels

// Models that come with gemmcast, and their first layers' sizes.
extension ModelConfiguration {
  static var builtIn: [ModelConfiguration] {
    get throws { try builtInNames.map { try ModelConfiguration(named: $0) } }
  }

  static var llama8B: ModelConfiguration { get throws { try ModelConfiguration(named: "llama-3.1-8b") } }
  static var mixtral8x7B: ModelConfiguration { get throws { try ModelConfiguration(named: "mixtral-8x7b") } }

  var heads: Int { attention?.heads ?? 0 }
  var keyValueHeads: Int { attention?.keyValueHeads ?? 0 }
  var headDimension: Int { attention?.headDimension ?? 0 }
  var ffn: Int { mlp?.width ?? 0 }
}
