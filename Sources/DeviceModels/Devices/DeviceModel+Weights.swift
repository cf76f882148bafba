public import GEMMTiming

extension DeviceModel {
  /// Where the weights of products are taken to come from.
  public enum Weights: String, Sendable {
    /// Six of a product's size in turn, as benchmarks use them: those that are small stay in the last-level cache.
    case inTurn = "six in turn"
    /// Each from memory, as in a step of a model.
    case memory
  }

  /// Where an answer for an element type has weights come from; nil where the model knows of no cache, and it is the same.
  public func weights(of dtype: DataType) -> Weights? {
    guard detail >= .tiles, let index = DataType.allCases.firstIndex(of: dtype), gemms[index]?.knowsCache == true else {
      return nil
    }
    return weightsInTurn.isFinite ? .inTurn : .memory
  }
}
