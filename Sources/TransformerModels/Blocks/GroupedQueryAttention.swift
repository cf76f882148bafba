internal import GEMMTiming

/// Attention whose query heads share key and value heads in groups.
///
/// Multi-head attention has as many key-value heads as query heads, multi-query attention has one (Ainslie et al., *GQA*,
/// arXiv 2305.13245).
public struct GroupedQueryAttention: Hashable, Sendable {
  /// Query heads.
  public let heads: Int
  /// Key and value heads.
  public let keyValueHeads: Int
  /// Elements of one head's vector.
  public let headDimension: Int
  /// Whether queries, keys and values have biases, and the output.
  public var hasBias = false, hasOutputBias = false
  /// Elements of each head that are turned by their position; 0 where positions enter otherwise.
  public var rotated = 0
  /// Parameters of the norms of queries and keys; nil where there are none, 0 for norms without.
  public var queryKeyNorm: Int?
  /// Positions that a query sees at most; nil for all before it.
  public var window: Int?
  /// Whether the window is a stretch of the sequence that begins anew, as in Llama 4, and does not slide.
  public var isChunked = false
  /// Whether each head has a score of its own beside those of the keys.
  public var hasSinks = false
  /// Whether scores pass a tanh before softmax.
  public var isCapped = false
  /// Whether the output is multiplied by a gate that the query projection makes besides.
  public var isGated = false
  /// Whether queries, keys and values are products of their own, as in the reference document.
  public var hasSeparateProjections = false

  init(heads: Int, keyValueHeads: Int, headDimension: Int) {
    (self.heads, self.keyValueHeads, self.headDimension) = (heads, keyValueHeads, headDimension)
  }

  /// Elements of all query heads together.
  public var queryWidth: Int { heads * headDimension }
  /// Elements of all key heads together.
  public var keyValueWidth: Int { keyValueHeads * headDimension }
}

extension GroupedQueryAttention: LayerBlock {
  var component: OperationRole.Component { .attention }

  var scoreWidth: Int { 2 * queryWidth }

  var summary: [(name: String, value: String)] {
    func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
    var value = "\(counted(heads, "head")), \(counted(headDimension, "dimension")) per head"
    if keyValueHeads != heads { value += ", \(counted(keyValueHeads, "key-value head"))" }
    if let window { value += ", \(isChunked ? "chunks" : "a window") of \(window) tokens" }
    return [("Attention Heads", value)]
  }

  func validate(_ plan: ParallelPlan, options: StepOptions) throws(ModelError) -> [PlanNote] {
    try plan.checkTensorParallelism(cuts: heads, "heads")
    if plan.contextExchange == .allToAll { try plan.checkContextParallelism(cutsHeads: heads) }
    guard keyValueHeads.isMultiple(of: plan.tp) || plan.tp.isMultiple(of: keyValueHeads) else {
      throw .doesNotDivide(divisor: "tp", value: plan.tp, dividend: "key-value heads", of: keyValueHeads)
    }
    return plan.tp > keyValueHeads ? [.replicatedKeyValueHeads(tp: plan.tp, keyValueHeads: keyValueHeads)] : []
  }

  func forward(_ input: LayerTensor, in builder: inout LayerBuilder) throws(ModelError) -> LayerTensor {
    let setting = builder.setting
    let tp = setting.plan.tp
    let heads = heads / tp
    // At least one, replicated where there are fewer than ranks.
    let keyValueHeads = max(1, keyValueHeads / tp)
    let queries = try Extent.product([heads, headDimension], "heads × headDimension")
    let keys = keyValueHeads * headDimension
    let tokens = Double(setting.tokens)
    let split = builder.view(.qkvSplit, input)
    var (query, key, value) = try project(split, queries: queries, keys: keys, in: &builder)
    let gate = isGated ? builder.part(query, elements: tokens * Double(queries)) : nil
    if isGated { query = builder.part(query, elements: tokens * Double(queries)) }
    builder.cache(elementsPerPosition: 2 * Double(keys), window: window)
    if let queryKeyNorm {
      builder.vector(Double(queryKeyNorm))
      (query, key) = builder.queryKeyPass(
        .queryKeyNorm, setting.normalization.kind, query, key,
        rows: tokens * Double(heads + keyValueHeads), saving: .inputs)
    }
    if hasSinks { builder.vector(Double(self.heads), parts: tp) }
    if rotated > 0 {
      (query, key) = builder.queryKeyPass(
        .rotary, .rotary, query, key, share: Double(rotated) / Double(headDimension), saving: .nothing)
    }
    let core = AttentionCore(
      heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension, valueDimension: headDimension,
      window: window, isChunked: isChunked, isCapped: isCapped)
    var output = builder.view(
      .headGather, try builder.attention(core, query: query, key: key, value: value))
    if let gate {
      output = builder.pass(.outputGate, .swiglu, [output, gate], elements: output.elements, saving: .inputs)
    }
    output = builder.view(.projectionSplit, output)
    let projection = try builder.weight(
      queryWidth, setting.hidden, rankRows: queries, cut: .rows, bias: hasOutputBias)
    return try builder.product(.projection, output, projection)
  }

  /// Queries, keys and values: parts of one product's output, or three products.
  private func project(
    _ input: LayerTensor, queries: Int, keys: Int, in builder: inout LayerBuilder
  ) throws(ModelError) -> (query: LayerTensor, key: LayerTensor, value: LayerTensor) {
    let hidden = builder.setting.hidden
    let tokens = Double(builder.setting.tokens)
    let gates = isGated ? 2 : 1
    if hasSeparateProjections || builder.setting.options.separatesProjections {
      let query = try builder.weight(
        hidden, gates * queryWidth, rankColumns: gates * queries, cut: .columns, bias: hasBias)
      let key = try builder.weight(hidden, keyValueWidth, rankColumns: keys, cut: .columns, bias: hasBias)
      let value = try builder.weight(hidden, keyValueWidth, rankColumns: keys, cut: .columns, bias: hasBias)
      return (
        try builder.product(.query, input, query), try builder.product(.key, input, key),
        try builder.product(.value, input, value)
      )
    }
    let weight = try builder.weight(
      hidden, gates * queryWidth + 2 * keyValueWidth, rankColumns: gates * queries + 2 * keys, cut: .columns,
      bias: hasBias)
    let all = try builder.product(.queryKeyValue, input, weight)
    let part = tokens * Double(keys)
    return (
      builder.part(all, elements: tokens * Double(gates * queries)), builder.part(all, elements: part),
      builder.part(all, elements: part)
    )
  }
}

extension LayerBuilder {
  /// One pass over queries and keys.
  mutating func queryKeyPass(
    _ role: OperationRole, _ kind: MemoryTraffic.Kind, _ query: LayerTensor, _ key: LayerTensor, share: Double = 1,
    rows: Double? = nil, saving: Saving
  ) -> (query: LayerTensor, key: LayerTensor) {
    let elements = query.elements + key.elements
    let both = pass(
      role, kind, [query, key], elements: elements, rows: rows, read: share * elements, written: share * elements,
      saving: saving)
    return (part(both, elements: query.elements), part(both, elements: key.elements))
  }
}

extension OperationRole {
  static let qkvSplit = OperationRole("qkv_split", .projections)
  static let queryKeyValue = OperationRole(
    "qkv_linear", .projections, .column, title: "Query, Key and Value Projection")
  static let query = OperationRole("q_linear", .projections, .column, title: "Query Linear Projection")
  static let key = OperationRole("k_linear", .projections, .column, title: "Key Linear Projection")
  static let value = OperationRole("v_linear", .projections, .column, title: "Value Linear Projection")
  static let queryKeyNorm = OperationRole("qk_norm", .attention)
  static let rotary = OperationRole("rope", .attention)
  static let headGather = OperationRole("attn_gather", .attention)
  static let outputGate = OperationRole("attn_gate", .attention)
  static let projectionSplit = OperationRole("attn_proj_split", .attention)
  static let projection = OperationRole("attn_proj", .attention, .row, title: "Output Projection")
}
