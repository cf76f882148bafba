internal import GEMMTiming

/// A state-space layer of the second Mamba: a filter, a selective recurrence, a gate.
///
/// Source: Dao and Gu, *Transformers are SSMs*, arXiv 2405.21060, §7.
public struct StateSpaceMixer: Hashable, Sendable {
  /// Heads, and elements of a head's vector.
  public let heads, headDimension: Int
  /// Groups of heads that share the vectors which write and read the state, and these vectors' elements.
  public let groups, stateDimension: Int
  /// Positions that the filter sees, and those that are worked on at once.
  public let filter, chunk: Int
  /// Whether the filter has biases, and the linear layers.
  public var hasFilterBias = true, hasBias = false

  /// A mixer of the given sizes.
  ///
  /// - Throws: ``ModelError`` for sizes outside 1...2⁴⁰, and groups that do not divide the heads.
  public init(
    heads: Int, headDimension: Int, groups: Int, stateDimension: Int, filter: Int, chunk: Int
  ) throws(ModelError) {
    try Extent.check([
      "heads": heads, "headDimension": headDimension, "groups": groups, "stateDimension": stateDimension,
      "filter": filter, "chunk": chunk,
    ])
    guard heads.isMultiple(of: groups) else {
      throw .doesNotDivide(divisor: "groups", value: groups, dividend: "heads", of: heads)
    }
    try Extent.product([heads, headDimension], "heads × headDimension")
    try Extent.product([groups, stateDimension], "groups × stateDimension")
    (self.heads, self.headDimension, self.groups) = (heads, headDimension, groups)
    (self.stateDimension, self.filter, self.chunk) = (stateDimension, filter, chunk)
  }
}

extension StateSpaceMixer: LayerBlock {
  var component: OperationRole.Component { .recurrence }

  var summary: [(name: String, value: String)] {
    [("State-Space Heads", "\(heads) heads, \(headDimension) dimensions per head, states of \(stateDimension)")]
  }

  func validate(_ plan: ParallelPlan, options: StepOptions) throws(ModelError) -> [PlanNote] {
    try plan.checkTensorParallelism(cuts: heads, "state-space heads")
    try plan.checkContextParallelism(cutsHeads: heads)
    return []
  }

  func forward(_ input: LayerTensor, in builder: inout LayerBuilder) throws(ModelError) -> LayerTensor {
    let setting = builder.setting
    let tp = setting.plan.tp
    let (heads, groups) = (heads / tp, max(1, groups / tp))
    let (inner, rankInner) = (self.heads * headDimension, heads * headDimension)
    let channels = inner + 2 * self.groups * stateDimension
    let rankChannels = rankInner + 2 * groups * stateDimension
    let tokens = Double(setting.tokens)
    // Filter's input, gate and step width of each head come from one product.
    let enter = try builder.weight(
      setting.hidden, inner + channels + self.heads, rankColumns: rankInner + rankChannels + heads, cut: .columns,
      bias: hasBias)
    let all = try builder.product(.recurrenceIn, input, enter)
    builder.vector(Double(channels * (filter + (hasFilterBias ? 1 : 0)) + 3 * self.heads + inner), parts: tp)
    let gate = builder.part(all, elements: tokens * Double(rankInner))
    let core = RecurrenceCore(
      heads: heads, headDimension: headDimension, stateDimension: stateDimension, chunk: chunk,
      channels: rankChannels, filter: filter)
    let states = try builder.recurrence(core, builder.part(all, elements: tokens * Double(rankChannels)))
    let gated = builder.pass(
      .recurrenceGate, .rmsNorm, [states, gate], elements: tokens * Double(rankInner),
      rows: tokens * Double(groups))
    let leave = try builder.weight(inner, setting.hidden, rankRows: rankInner, cut: .rows, bias: hasBias)
    return try builder.product(.recurrenceOut, gated, leave)
  }
}

extension OperationRole {
  static let recurrenceIn = OperationRole("ssm_in", .recurrence, .column, title: "State-Space Input Projection")
  static let recurrenceGate = OperationRole("ssm_gate_norm", .recurrence)
  static let recurrenceOut = OperationRole("ssm_proj", .recurrence, .row, title: "State-Space Output Projection")
}
