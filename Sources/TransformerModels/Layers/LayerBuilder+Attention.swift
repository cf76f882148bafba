internal import GEMMTiming

/// What attention does with queries, keys and values on one GPU.
struct AttentionCore {
  let heads, keyValueHeads: Int
  /// Elements of a query's and a key's vector, and of a value's.
  let headDimension, valueDimension: Int
  /// The positions that a query sees at most; nil for all before it.
  var window: Int?
  /// Whether the sequence falls into stretches of `window` that do not see each other, instead of a sliding window.
  var isChunked = false
  /// Whether scores are capped by a passing tanh.
  var isCapped = false
  /// Whether values are a part of the keys.
  var valuesAreKeys = false
}

extension LayerBuilder {
  /// Scores, softmax and weighted sum, or the one kernel that does them all.
  ///
  /// The query heads that share a key head stand side by side in the rows of one product.
  mutating func attention(
    _ core: AttentionCore, query: LayerTensor, key: LayerTensor, value: LayerTensor
  ) throws(ModelError) -> LayerTensor {
    try together { (builder) throws(ModelError) in
      try builder.attend(core, query: query, key: key, value: value)
    }
  }

  private mutating func attend(
    _ core: AttentionCore, query: LayerTensor, key: LayerTensor, value: LayerTensor
  ) throws(ModelError) -> LayerTensor {
    let plan = setting.plan
    let isDecoding = setting.options.work == .decode
    // In decoding a query sees what the cache keeps, of which this GPU has its part of the sequence.
    let seen = isDecoding ? min(core.window ?? .max, plan.sequence) : plan.sequence
    let keys = isDecoding ? (seen - 1) / plan.cp + 1 : seen
    let elements = Double(setting.tokens) * Double(core.heads) * Double(core.valueDimension)
    guard setting.options.attention == .unfused else {
      return try attendFused(core, keys: keys, [query, key, value], elements: elements)
    }
    let batch = try Extent.product([plan.microBatchSize, core.keyValueHeads], "batch × heads")
    let rows = try Extent.product([core.heads / core.keyValueHeads, setting.queryLength], "heads × seq")
    let scoreRows = Double(batch) * Double(rows)
    let again = isRecomputed
    isRecomputed = setting.options.recomputation == .selective
    defer { isRecomputed = again }
    var weights = try contraction(
      .score, query, key, m: rows, k: core.headDimension, n: keys, batch: batch,
      kinds: (isDecoding ? .cachedKeys : .scores, .activations), gives: .scores)
    let scores = weights.elements
    if core.isCapped { weights = pass(.scoreCap, .copy, [weights], elements: scores, gives: .scores, saving: .output) }
    weights = pass(.softmax, .softmax, [weights], elements: scores, gives: .scores, rows: scoreRows, saving: .output)
    weights = dropout(.attentionDropout, weights)
    return try contraction(
      .attentionOutput, weights, value, m: rows, k: keys, n: core.valueDimension, batch: batch,
      kinds: (isDecoding ? .cachedValues : .activations, .scores), gives: .other)
  }

  /// One kernel, and what the GPUs that share a sequence exchange for it.
  private mutating func attendFused(
    _ core: AttentionCore, keys: Int, _ operands: [LayerTensor], elements: Double
  ) throws(ModelError) -> LayerTensor {
    let statistics = Double(setting.tokens) * Double(core.heads)
    func attend(_ operands: [LayerTensor], _ builder: inout LayerBuilder) throws(ModelError) -> LayerTensor {
      // Five products where the forward pass has two: scores are computed again in passing (Dao, arXiv 2307.08691, §3.1.2).
      builder.kernel(
        .fusedAttention, try builder.fused(core, keys: keys), operands, elements: elements, saving: statistics,
        backward: 2.5)
    }
    guard setting.plan.cp > 1, setting.options.work != .decode else {
      let output = try attend(operands, &self)
      // In decoding each GPU has a part of the cache: the weighted sums of all parts are added.
      return setting.plan.cp > 1 ? contextSum(output) : output
    }
    let (query, key, value) = (operands[0], operands[1], operands[2])
    switch setting.plan.contextExchange {
    case .ring:
      let ring = contextRing(key, value)
      return wait(.contextEnd, try attend(operands, &self), for: ring)
    case .allGather:
      return try attend([query, contextGather(.contextKey, key), contextGather(.contextValue, value)], &self)
    case .allToAll:
      let scattered = [
        contextHeads(.contextQuery, query), contextHeads(.contextKey, key), contextHeads(.contextValue, value),
      ]
      return contextHeads(.contextOutput, try attend(scattered, &self))
    }
  }

  /// One kernel; of a sequence that is cut over GPUs, each has its fair share of the pairs.
  private func fused(_ core: AttentionCore, keys: Int) throws(ModelError) -> GEMMTiming.Operation {
    let cp = setting.plan.cp
    // Of s positions in cp parts with q queries each, (s + q)/2 keys behind a causal mask make 1/cp of all pairs.
    let shared = cp > 1 && setting.options.work != .decode ? (keys + setting.queryLength + 1) / 2 : keys
    let types = setting.plan.types
    let cachedSize = setting.options.work == .decode && types.cache != types.activation ? types.cache.size : nil
    do {
      return .attention(
        try AttentionShape(
          batch: setting.plan.microBatchSize, heads: core.heads, keyValueHeads: core.keyValueHeads,
          headDimension: core.headDimension, valueDimension: core.valueDimension, queryLength: setting.queryLength,
          keyLength: shared, causal: true, window: setting.options.work == .decode ? nil : core.window,
          isChunked: core.isChunked, cachedSize: cachedSize, valuesAreKeys: core.valuesAreKeys),
        setting.plan.types.activation)
    } catch {
      throw .tooLarge(name: error.dimension)
    }
  }
}

extension OperationRole {
  static let score = OperationRole("attn_score", .attention, .heads, title: "Attention Score Q·K^T")
  static let scoreCap = OperationRole("attn_softcap", .attention)
  /// Softmax of the scores where attention is not fused.
  public static let softmax = OperationRole("attn_weights", .attention)
  static let attentionDropout = OperationRole("attn_dropout", .attention)
  static let attentionOutput = OperationRole(
    "attn_out", .attention, .heads, title: "Attention Output (Softmax·V)")
  static let fusedAttention = OperationRole("attn_fused", .attention, .heads, title: "Fused Attention")
}
