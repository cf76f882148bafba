/// What the operands of a product are in a step of a model: decides how they lie in memory, and where they are found.
public enum ProductRole: String, Hashable, Sendable, CaseIterable {
  /// Activations times a weight.
  case weight
  /// A gradient of activations times the same weight turned.
  case inputGradient
  /// Activations turned times a gradient.
  case weightGradient
  /// Queries times keys turned, which were computed a moment ago.
  case scores
  /// Activations times activations as they lie.
  case activations
  /// Queries times keys of earlier steps, turned.
  case cachedKeys
  /// Attention's weights times values of earlier steps.
  case cachedValues

  /// How A and B lie, where weights are stored as [out, in] or as [in, out].
  public func layout(_ weights: WeightLayout) -> OperandLayout {
    switch self {
    case .weight: weights == .outIn ? .nt : .nn
    case .inputGradient: weights == .outIn ? .nn : .nt
    case .weightGradient: .tn
    case .scores, .cachedKeys: .nt
    case .activations, .cachedValues: .nn
    }
  }

  /// Whether B was last used a step ago, and all that a step reads passed by since: weights, and what a cache of keys and
  /// values holds.
  public var readsStoredOperand: Bool {
    switch self {
    case .weight, .inputGradient, .cachedKeys, .cachedValues: true
    case .weightGradient, .scores, .activations: false
    }
  }
}

/// How a framework stores the weight of a linear layer.
public enum WeightLayout: String, Codable, Hashable, Sendable, CaseIterable {
  /// [out, in], as PyTorch's `nn.Linear` does: the forward product is A·Bᵀ.
  case outIn = "out-in"
  /// [in, out]: the forward product is A·B.
  case inOut = "in-out"
}
