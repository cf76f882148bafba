public import GEMMTiming

/// The sizes of a transformer layer whose operations a file has side by side.
public struct MeasuredLayer: Hashable, Sendable {
  /// Tokens that are computed, and GPUs that share the layer's weights.
  public let tokens, tp: Int
  /// Elements of the residual stream, and between the two linear layers of the MLP.
  public let hidden, ffn: Int
  /// Heads of queries, and of keys and values.
  public let heads, keyValueHeads: Int
  /// Whether the MLP is gated, with RMS norms, or plain, with layer norms.
  public let isGated: Bool

  /// What each column of such a file measures, for whoever knows how a layer is made of operations.
  ///
  /// - Throws: an error whose description says which sizes do not fit.
  public typealias Columns = (MeasuredLayer) throws -> [(column: String, operation: Operation)]
}
