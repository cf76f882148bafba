/// Device memory that one GPU of a stage needs, in bytes, by what fills it.
public struct MemoryEstimate: Hashable, Sendable {
  /// What fills memory.
  public enum Item: String, Sendable, CaseIterable {
    case weights, gradients
    /// Master weights and moments.
    case optimizer = "optimizer state"
    /// The residual stream of a micro-batch, as the layers hand it on.
    case residualStream = "residual stream"
    /// Attention scores and what softmax makes of them.
    case scores = "attention scores"
    /// Keys and values of all positions so far, for all sequences in flight.
    case cache = "KV cache"
    /// Everything else that is alive at the peak.
    case activations = "other activations"
  }

  /// The stage that these GPUs belong to.
  public let stage: Int
  /// Bytes by item; absent items take nothing.
  public let bytes: [Item: Double]

  /// All bytes.
  public var total: Double { Item.allCases.reduce(0) { $0 + (bytes[$1] ?? 0) } }

  /// Bytes of one item.
  public subscript(item: Item) -> Double { bytes[item] ?? 0 }
}
