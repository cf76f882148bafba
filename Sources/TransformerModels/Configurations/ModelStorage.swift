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
