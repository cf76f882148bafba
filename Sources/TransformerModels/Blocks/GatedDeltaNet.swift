internal import GEMMTiming

/// Linear attention whose state forgets by a gate and is corrected by the delta rule.
///
/// Source: Yang et al., *Gated Delta Networks*, arXiv 2412.06464, §3; as Qwen3-Next has it.
public struct GatedDeltaNet: Hashable, Sendable {
  /// Heads of keys and queries, and of values.
  public let keyHeads, valueHeads: Int
  /// Elements of a head's key, and of its value.
  public let keyDimension, valueDimension: Int
  /// Positions that the filter sees.
  public let filter: Int

  /// Positions that kernels work on at once (flash-linear-attention, `chunk_gated_delta_rule`).
  static let chunk = 64
  /// A chunk's triangular solve costs as much again as its products (arXiv 2412.06464, §3.3).
  static let effort = 2.0

  /// A net of the given sizes.
  ///
  /// - Throws: ``ModelError`` for sizes outside 1...2⁴⁰.
  public init(
    keyHeads: Int, valueHeads: Int, keyDimension: Int, valueDimension: Int, filter: Int
  ) throws(ModelError) {
    try Extent.check([
      "keyHeads": keyHeads, "valueHeads": valueHeads, "keyDimension": keyDimension, "valueDimension": valueDimension,
      "filter": filter,
    ])
    try Extent.product([keyHeads, keyDimension], "keyHeads × keyDimension")
    try Extent.product([valueHeads, valueDimension], "valueHeads × valueDimension")
    (self.keyHeads, self.valueHeads) = (keyHeads, valueHeads)
    (self.keyDimension, self.valueDimension, self.filter) = (keyDimension, valueDimension, filter)
  }
}

extension GatedDeltaNet: LayerBlock {
  var component: OperationRole.Component { .recurrence }

  var summary: [(name: String, value: String)] {
    [("Linear-Attention Heads", "\(valueHeads) heads of \(valueDimension), \(keyHeads) key heads of \(keyDimension)")]
  }

  func validate(_ plan: ParallelPlan, options: StepOptions) throws(ModelError) -> [PlanNote] {
    try plan.checkTensorParallelism(cuts: keyHeads, "linear-attention key heads")
    try plan.checkTensorParallelism(cuts: valueHeads, "linear-attention value heads")
    try plan.checkContextParallelism(cutsHeads: keyHeads)
    return []
  }

  func forward(_ input: LayerTensor, in builder: inout LayerBuilder) throws(ModelError) -> LayerTensor {
    let setting = builder.setting
    let tp = setting.plan.tp
    let (keys, values) = (keyHeads * keyDimension, valueHeads * valueDimension)
    let (rankKeys, rankValues, rankHeads) = (keys / tp, values / tp, valueHeads / tp)
    let tokens = Double(setting.tokens)
    // Queries, keys, values and the output's gate come from one product, gates of the state from another.
    let enter = try builder.weight(
      setting.hidden, 2 * keys + 2 * values, rankColumns: 2 * rankKeys + 2 * rankValues, cut: .columns)
    let all = try builder.product(.recurrenceIn, input, enter)
    let gates = try builder.weight(setting.hidden, 2 * valueHeads, rankColumns: 2 * rankHeads, cut: .columns)
    let decay = try builder.product(.recurrenceGates, input, gates)
    let channels = 2 * rankKeys + rankValues
    builder.vector(Double((2 * keys + values) * filter + 2 * valueHeads), parts: tp)
    builder.vector(Double(valueDimension))
    let core = RecurrenceCore(
      heads: rankHeads, headDimension: valueDimension, stateDimension: keyDimension,
      chunk: Self.chunk, channels: channels, filter: filter, effort: Self.effort)
    let entered = builder.wait(
      .recurrenceSplit, builder.part(all, elements: tokens * Double(channels)), for: decay)
    let states = try builder.recurrence(core, entered)
    let gated = builder.pass(
      .recurrenceGate, .rmsNorm, [states, builder.part(all, elements: tokens * Double(rankValues))],
      elements: tokens * Double(rankValues), rows: tokens * Double(rankHeads))
    let leave = try builder.weight(values, setting.hidden, rankRows: rankValues, cut: .rows)
    return try builder.product(.recurrenceOut, gated, leave)
  }
}

extension OperationRole {
  static let recurrenceGates = OperationRole("ssm_gates", .recurrence, .column)
  static let recurrenceSplit = OperationRole("ssm_split", .recurrence)
}
