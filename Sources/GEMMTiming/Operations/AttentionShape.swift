/// The extents of one fused attention kernel on one GPU.
public struct AttentionShape: Hashable, Sendable {
  /// Sequences attended to at once.
  public let batch: Int
  /// Query heads on this GPU.
  public let heads: Int
  /// Key and value heads on this GPU; fewer than `heads` in grouped-query attention.
  public let keyValueHeads: Int
  /// Elements of a query's and of a key's vector.
  public let headDimension: Int
  /// Elements of a value's vector, which are as many but in latent attention.
  public let valueDimension: Int
  /// Positions that ask: the sequence in prefill and training, 1 in decoding.
  public let queryLength: Int
  /// Positions that are looked at: the sequence, or the length of the KV cache.
  public let keyLength: Int
  /// Whether a position sees only those up to its own, which halves the work when the lengths are equal.
  public let causal: Bool
  /// The positions up to its own that one sees at most; nil for all of them.
  public let window: Int?
  /// Whether the sequence falls into stretches of `window` positions that do not see each other.
  public let isChunked: Bool

  /// Bytes of an element of keys and values where they are stored in another type than queries are.
  public let cachedSize: Int?
  /// Whether values are a part of the keys, so that both are read at once, as in absorbed latent attention.
  public let valuesAreKeys: Bool

  /// Makes a shape.
  ///
  /// - Throws: ``ShapeError`` unless every extent lies in 1...``GEMMShape/maximumExtent``.
  public init(
    batch: Int, heads: Int, keyValueHeads: Int, headDimension: Int, valueDimension: Int? = nil, queryLength: Int,
    keyLength: Int, causal: Bool, window: Int? = nil, isChunked: Bool = false, cachedSize: Int? = nil,
    valuesAreKeys: Bool = false
  ) throws(ShapeError) {
    for (name, value) in [
      ("batch", batch), ("heads", heads), ("keyValueHeads", keyValueHeads), ("headDimension", headDimension),
      ("valueDimension", valueDimension ?? headDimension), ("queryLength", queryLength), ("keyLength", keyLength),
      ("window", window ?? 1),
    ] where value < 1 || value > GEMMShape.maximumExtent {
      throw ShapeError(dimension: name, value: value)
    }
    self.batch = batch
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.valueDimension = valueDimension ?? headDimension
    self.queryLength = queryLength
    self.keyLength = keyLength
    self.causal = causal
    self.window = window
    self.isChunked = isChunked
    self.cachedSize = cachedSize
    self.valuesAreKeys = valuesAreKeys
  }

  /// Query–key pairs that are computed: all of them, or under a causal mask those at or before the diagonal that ends
  /// in the last key.
  ///
  /// The last query sees every key, the one before it one key less, and so on: new positions behind a cache see the
  /// cache and each other, and where there are more queries than keys, the first queries see nothing. FlashAttention
  /// (from 2.1) aligns its causal mask so too.
  public var pairs: Double { Double(batch) * Double(heads) * pairsOfHead * seenShare }

  /// The same of one head, without a window.
  private var pairsOfHead: Double {
    let (q, k) = (Double(queryLength), Double(keyLength))
    guard causal else { return q * k }
    let asking = min(q, k)
    return asking * k - asking * (asking - 1) / 2
  }

  /// The part of the pairs that a window leaves, in 0...1.
  ///
  /// The i-th position of all sees min(i, window) others and itself, or those of its stretch. O(1).
  public var seenShare: Double {
    guard causal, let window, window < keyLength else { return 1 }
    let asking = min(queryLength, keyLength)
    let first = keyLength - asking
    let seen = Self.seen(upTo: keyLength, window, isChunked) - Self.seen(upTo: first, window, isChunked)
    return seen / pairsOfHead
  }

  /// Pairs of the first positions of a sequence with those that they see.
  private static func seen(upTo count: Int, _ window: Int, _ isChunked: Bool) -> Double {
    func triangle(_ count: Int) -> Double { Double(count) * (Double(count) + 1) / 2 }
    if isChunked { return Double(count / window) * triangle(window) + triangle(count % window) }
    return count <= window ? triangle(count) : triangle(window) + Double(count - window) * Double(window)
  }

  /// Elements of a vector, of a query and a value in the mean: 4 flops a pair and element.
  public var meanDimension: Double { (Double(headDimension) + Double(valueDimension)) / 2 }

  /// 2 operations a pair and element for the scores, and 2 for the weighted sum.
  public var flops: Double { 4 * pairs * meanDimension }

  /// Elements of queries and output, and of keys and values.
  private var elements: (queries: Double, keys: Double) {
    let vectors = Double(headDimension) + Double(valueDimension)
    let queries = Double(batch) * Double(heads) * Double(queryLength) * vectors
    let keys = Double(batch) * Double(keyValueHeads) * Double(keyLength)
    return (queries, keys * (valuesAreKeys ? Double(headDimension) : vectors))
  }

  /// The compulsory traffic in bytes: Q read, K and V read, the output written.
  public func bytes(_ dtype: DataType) -> Double {
    let (queries, keys) = elements
    return Double(dtype.size) * queries + Double(cachedSize ?? dtype.size) * keys
  }
}
