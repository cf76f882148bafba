public import GEMMTiming

/// How a model's file says that its numbers are stored; nil for what it does not say.
public struct ModelStorage: Hashable, Sendable {
  /// Of activations and of weights that nothing else is said of.
  public var activation: DataType?
  /// Of the linear layers' weights.
  public var weight: WeightFormat?
  /// Of the products with them.
  public var product: DataType?
  /// Whether that is of attention's linear layers too.
  public var includesAttention = true

  /// Nothing is said.
  public init() {}
}

extension ModelStorage {
  /// What a `quantization_config` says of the linear layers.
  mutating func quantize(_ quantization: HuggingFaceQuantization) {
    switch (quantization.method.lowercased(), quantization.bits) {
    case (let method, _) where method.contains("mxfp4"): weight = .mxfp4
    case (let method, 4) where method.contains("bitsandbytes"): weight = .nf4
    case (_, 4): weight = .int4
    case (let method, 8) where method.contains("int8"): weight = .plain(.int8)
    case (let method, 8) where method.contains("fp8"):
      weight = .plain(.fp8)
      product = .fp8
    case (_, 8): weight = .plain(.int8)
    default: break
    }
    includesAttention = !quantization.leavesAttentionOut
  }
}
