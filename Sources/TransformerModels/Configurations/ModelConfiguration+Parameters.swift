extension ModelConfiguration {
  /// Elements of all query heads together.
  public var queryWidth: Int { heads * headDimension }

  /// Elements of all key heads together (and of all value heads).
  public var keyValueWidth: Int { keyValueHeads * headDimension }

  /// Columns of the first linear layer of the MLP: gate and up-projection stand side by side in a gated one.
  public var upWidth: Double { Double(ffn) * (gated ? 2 : 1) }

  /// Weights of the linear layers of one attention block.
  public var attentionParameters: Double {
    let (h, q, kv) = (Double(hidden), Double(queryWidth), Double(keyValueWidth))
    return h * q + 2 * h * kv + q * h + attentionBiases
  }

  /// Biases of the linear layers of one attention block: of as many columns as these have.
  var attentionBiases: Double {
    (biases.contains(.queryKeyValue) ? Double(queryWidth) + 2 * Double(keyValueWidth) : 0)
      + (biases.contains(.projection) ? Double(hidden) : 0)
  }

  /// Weights of the linear layers of one MLP: of all its experts and their router where there are any.
  public var mlpParameters: Double {
    let (h, f) = (Double(hidden), Double(ffn))
    let one = h * upWidth + f * h + (biases.contains(.mlp) ? upWidth + h : 0)
    guard let experts else { return one }
    return Double(experts.count) * one + routerParameters
  }

  /// Weights of one layer's router: a column for each expert; 0 without experts.
  public var routerParameters: Double { Double(experts?.count ?? 0) * Double(hidden) }

  /// Weights of one norm: gain, and bias in a layer norm.
  public var normParameters: Double { Double(hidden) * (normalization == .layerNorm ? 2 : 1) }

  /// Weights of one layer.
  public var layerParameters: Double { attentionParameters + mlpParameters + 2 * normParameters }

  /// Weights of the token embedding and of learned positions; 0 without a vocabulary.
  public var embeddingParameters: Double {
    guard let vocabulary else { return 0 }
    let positionRows = positions == .learned ? Double(maximumPositions ?? 0) : 0
    return (Double(vocabulary) + positionRows) * Double(hidden)
  }

  /// Weights of the final norm and of the head, unless the head is the embedding.
  public var headParameters: Double {
    guard let vocabulary else { return 0 }
    return normParameters + Double(hidden)
      * {
        switch head {
        case .languageModel: tiedEmbeddings ? 0 : Double(vocabulary)
        case .classifier(let labels): Double(labels)
        case .none: 0
        }
      }()
  }

  /// All weights of the model.
  public var parameters: Double { Double(layers) * layerParameters + embeddingParameters + headParameters }

  /// Weights that a token passes through: fewer than ``parameters`` in a mixture of experts.
  public var activeParameters: Double {
    guard let experts else { return parameters }
    let idle = Double(experts.count - experts.topK) * Double(hidden) * (upWidth + Double(ffn))
    return parameters - Double(layers) * idle
  }
}
