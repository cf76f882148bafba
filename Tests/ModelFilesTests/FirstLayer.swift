@testable import TransformerModels

// Sizes of a model's first layer.
extension ModelConfiguration {
  var keyValueHeads: Int { attention?.keyValueHeads ?? 0 }
  var headDimension: Int { attention?.headDimension ?? 0 }
  var ffn: Int { mlp?.width ?? 0 }

  /// Weights of the first layer.
  var layerParameters: Double {
    get throws { try LayerWeights(of: stack.kinds[0], hidden: hidden, normalization: normalization).parameters }
  }
}
