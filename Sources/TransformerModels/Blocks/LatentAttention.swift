internal import GEMMTiming

/// Attention whose keys and values are made from one narrow vector a token, which alone is cached.
///
/// Source: DeepSeek-AI, *DeepSeek-V2*, arXiv 2405.04434, §2.1. In decoding the products that widen the narrow vector are
/// absorbed by the queries and the output, so that all heads share one key of the narrow width (ibid., §2.1.2).
public struct LatentAttention: Hashable, Sendable {
  /// Heads.
  public let heads: Int
  /// Elements of the vector that queries are made from; nil where they are made from the residual stream.
  public let queryRank: Int?
  /// Elements of the vector that keys and values are made from.
  public let keyValueRank: Int
  /// Elements of a head's query and key that have no position, those that are turned by it, and those of a value.
  public let plainDimension, rotaryDimension, valueDimension: Int
  /// Whether the products that narrow and the output have biases.
  public var hasBias = false

  /// Attention of the given sizes.
  ///
  /// - Throws: ``ModelError`` for sizes outside 1...2⁴⁰.
  public init(
    heads: Int, queryRank: Int?, keyValueRank: Int, plainDimension: Int, rotaryDimension: Int, valueDimension: Int
  ) throws(ModelError) {
    try Extent.check([
      "heads": heads, "q_lora_rank": queryRank, "kv_lora_rank": keyValueRank, "qk_nope_head_dim": plainDimension,
      "qk_rope_head_dim": rotaryDimension, "v_head_dim": valueDimension,
    ])
    (self.heads, self.queryRank, self.keyValueRank) = (heads, queryRank, keyValueRank)
    (self.plainDimension, self.rotaryDimension, self.valueDimension) = (plainDimension, rotaryDimension, valueDimension)
    try Extent.product([heads, plainDimension + rotaryDimension + valueDimension], "heads × headDimension")
  }

  /// Elements of a head's query.
  var headDimension: Int { plainDimension + rotaryDimension }
}

extension LatentAttention: LayerBlock {
  var component: OperationRole.Component { .attention }

  var scoreWidth: Int { heads * (headDimension + valueDimension) }

  var summary: [(name: String, value: String)] {
    [
      (
        "Attention Heads",
        "\(heads) heads, \(headDimension) dimensions per head, keys and values from \(keyValueRank + rotaryDimension)"
      )
    ]
  }

  func validate(_ plan: ParallelPlan, options: StepOptions) throws(ModelError) -> [PlanNote] {
    try plan.checkTensorParallelism(cuts: heads, "heads")
    if plan.contextExchange == .allToAll { try plan.checkContextParallelism(cutsHeads: heads) }
    return []
  }

  func forward(_ input: LayerTensor, in builder: inout LayerBuilder) throws(ModelError) -> LayerTensor {
    let setting = builder.setting
    let (hidden, heads) = (setting.hidden, heads / setting.plan.tp)
    let tokens = Double(setting.tokens)
    // Every rank has the narrow vectors of all tokens, and so the whole cache.
    builder.cache(elementsPerPosition: Double(keyValueRank + rotaryDimension))
    let split = builder.view(.qkvSplit, input)
    let narrow = (queryRank ?? 0) + keyValueRank
    let down = try builder.weight(hidden, narrow + rotaryDimension, bias: hasBias)
    let all = try builder.product(.narrow, split, down)
    builder.vector(Double(narrow))
    let normed = builder.pass(
      .narrowNorm, .rmsNorm, [builder.part(all, elements: tokens * Double(narrow))], elements: tokens * Double(narrow),
      rows: tokens * (queryRank == nil ? 1 : 2))
    let keyPositions = builder.part(all, elements: tokens * Double(rotaryDimension))
    let query = try widenQuery(split, normed, heads: heads, in: &builder)
    let keyValues = builder.part(normed, elements: tokens * Double(keyValueRank))
    let attended =
      setting.options.work == .decode
      ? try attendAbsorbed(query, keyValues, keyPositions, heads: heads, in: &builder)
      : try attend(query, keyValues, keyPositions, heads: heads, in: &builder)
    let output = builder.view(.projectionSplit, builder.view(.headGather, attended))
    let projection = try builder.weight(
      self.heads * valueDimension, hidden, rankRows: heads * valueDimension, cut: .rows, bias: hasBias)
    return try builder.product(.projection, output, projection)
  }

  private func widenQuery(
    _ input: LayerTensor, _ normed: LayerTensor, heads: Int, in builder: inout LayerBuilder
  ) throws(ModelError) -> LayerTensor {
    let source =
      queryRank.map { builder.part(normed, elements: Double(builder.setting.tokens) * Double($0)) } ?? input
    let weight = try builder.weight(
      queryRank ?? builder.setting.hidden, self.heads * headDimension, rankColumns: heads * headDimension,
      cut: .columns)
    return try builder.product(.query, source, weight)
  }

  /// The weight that makes keys and values of the narrow ones.
  private func widening(_ heads: Int, in builder: inout LayerBuilder) throws(ModelError) -> LayerWeight {
    let widths = plainDimension + valueDimension
    return try builder.weight(keyValueRank, self.heads * widths, rankColumns: heads * widths, cut: .columns)
  }

  /// Keys and values of every head are made, as in training and prefill.
  private func attend(
    _ query: LayerTensor, _ keyValues: LayerTensor, _ keyPositions: LayerTensor, heads: Int,
    in builder: inout LayerBuilder
  ) throws(ModelError) -> LayerTensor {
    let tokens = Double(builder.setting.tokens)
    let wide = try builder.product(.widen, keyValues, try widening(heads, in: &builder))
    let plain = builder.part(wide, elements: tokens * Double(heads * plainDimension))
    let value = builder.part(wide, elements: tokens * Double(heads * valueDimension))
    // Keys are put together from their parts; of queries only the turned ones are read and written.
    let turned = tokens * Double(heads * rotaryDimension)
    let keys = tokens * Double(heads * headDimension)
    let both = builder.pass(
      .rotary, .rotary, [query, plain, keyPositions], elements: query.elements + keys,
      read: turned + plain.elements + keyPositions.elements, written: turned + keys, saving: .nothing)
    let core = AttentionCore(
      heads: heads, keyValueHeads: heads, headDimension: headDimension, valueDimension: valueDimension)
    return try builder.attention(
      core, query: builder.part(both, elements: query.elements), key: builder.part(both, elements: keys), value: value)
  }

  /// Queries are brought to the narrow width, and all heads look at the cache itself.
  private func attendAbsorbed(
    _ query: LayerTensor, _ keyValues: LayerTensor, _ keyPositions: LayerTensor, heads: Int,
    in builder: inout LayerBuilder
  ) throws(ModelError) -> LayerTensor {
    let tokens = Double(builder.setting.tokens)
    // Its halves are used apart.
    _ = try widening(heads, in: &builder)
    func half(_ rows: Int, _ columns: Int) -> LayerWeight {
      LayerWeight(rows: rows, columns: columns, rankRows: rows, rankColumns: columns, cut: .whole, bias: false)
    }
    let turned = tokens * Double((heads + 1) * rotaryDimension)
    let rotated = builder.pass(
      .rotary, .rotary, [query, keyPositions], elements: query.elements + keyPositions.elements, read: turned,
      written: turned, saving: .nothing)
    let plain = builder.part(rotated, elements: tokens * Double(heads * plainDimension))
    let absorbed = try builder.product(
      .absorbKey, plain, half(plainDimension, keyValueRank), copies: heads,
      elements: tokens * Double(heads * (keyValueRank + rotaryDimension)))
    var core = AttentionCore(
      heads: heads, keyValueHeads: 1, headDimension: keyValueRank + rotaryDimension, valueDimension: keyValueRank)
    core.valuesAreKeys = true
    let summed = try builder.attention(core, query: absorbed, key: rotated, value: keyValues)
    return try builder.product(
      .absorbValue, summed, half(keyValueRank, valueDimension), copies: heads,
      elements: tokens * Double(heads * valueDimension))
  }
}

extension OperationRole {
  static let narrow = OperationRole("qkv_a_linear", .projections, title: "Query, Key and Value Down-projection")
  static let narrowNorm = OperationRole("qkv_a_norm", .projections)
  static let widen = OperationRole("kv_b_linear", .projections, .column, title: "Key and Value Up-projection")
  static let absorbKey = OperationRole("q_absorb", .attention)
  static let absorbValue = OperationRole("v_absorb", .attention)
}
