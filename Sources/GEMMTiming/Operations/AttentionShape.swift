/// The extents of one fused attention kernel on one GPU.
public struct AttentionShape: Hashable, Sendable {
  /// Sequences attended to at once.
  public let batch: Int
  /// Query heads on this GPU.
  public let heads: Int
  /// Key and value heads on this GPU; fewer than `heads` in grouped-query attention.
  public let keyValueHeads: Int
  /// Elements of one head's vector.
  public let headDimension: Int
  /// Positions that ask: the sequence in prefill and training, 1 in decoding.
  public let queryLength: Int
  /// Positions that are looked at: the sequence, or the length of the KV cache.
  public let keyLength: Int
  /// Whether a position sees only those up to its own, which halves the work when the lengths are equal.
  public let causal: Bool

  /// Makes a shape.
  ///
  /// - Throws: ``ShapeError`` unless every extent lies in 1...``GEMMShape/maximumExtent``.
  public init(
    batch: Int, heads: Int, keyValueHeads: Int, headDimension: Int, queryLength: Int, keyLength: Int, causal: Bool
  ) throws(ShapeError) {
    for (name, value) in [
      ("batch", batch), ("heads", heads), ("keyValueHeads", keyValueHeads), ("headDimension", headDimension),
      ("queryLength", queryLength), ("keyLength", keyLength),
    ] where value < 1 || value > GEMMShape.maximumExtent {
      throw ShapeError(dimension: name, value: value)
    }
    self.batch = batch
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.queryLength = queryLength
    self.keyLength = keyLength
    self.causal = causal
  }

  /// Query–key pairs that are computed: all of them, or under a causal mask those at or before the diagonal that ends
  /// in the last key.
  ///
  /// The last query sees every key, the one before it one key less, and so on: new positions behind a cache see the
  /// cache and each other, and where there are more queries than keys, the first queries see nothing. FlashAttention
  /// (from 2.1) aligns its causal mask so too.
  public var pairs: Double {
    let (q, k) = (Double(queryLength), Double(keyLength))
    guard causal else { return Double(batch) * Double(heads) * q * k }
    let asking = min(q, k)
    return Double(batch) * Double(heads) * (asking * k - asking * (asking - 1) / 2)
  }

  /// 2 operations a pair and element for the scores, and 2 for the weighted sum.
  public var flops: Double { 4 * pairs * Double(headDimension) }

  /// The compulsory traffic in bytes: Q read, K and V read, the output written.
  public func bytes(_ dtype: DataType) -> Double {
    let queries = Double(batch) * Double(heads) * Double(queryLength) * Double(headDimension)
    let keys = Double(batch) * Double(keyValueHeads) * Double(keyLength) * Double(headDimension)
    return Double(dtype.size) * (2 * queries + 2 * keys)
  }
}
