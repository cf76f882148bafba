internal import GEMMTiming

/// Linear attention whose state decays by a fixed rate a head, with a norm and a gate behind it.
///
/// Source: Qin et al., *Lightning Attention-2*, arXiv 2401.04658, §3; MiniMax, *MiniMax-01*, arXiv 2501.08313, §2.2.
public struct LightningAttention: Hashable, Sendable {
  /// Heads of queries, keys and values alike, and elements of a head's vector.
  public let heads, headDimension: Int
  /// Positions that are worked on as products at once.
  public let chunk: Int

  /// Attention of the given sizes.
  ///
  /// - Throws: ``ModelError`` for sizes outside 1...2⁴⁰.
  public init(heads: Int, headDimension: Int, chunk: Int) throws(ModelError) {
    try Extent.check(["heads": heads, "headDimension": headDimension, "chunk": chunk])
    try Extent.product([heads, headDimension], "heads × headDimension")
    (self.heads, self.headDimension, self.chunk) = (heads, headDimension, chunk)
  }
}

extension LightningAttention: LayerBlock {
  var component: OperationRole.Component { .recurrence }

  var summary: [(name: String, value: String)] {
    [("Lightning-Attention Heads", "\(heads) heads, \(headDimension) dimensions per head, chunks of \(chunk)")]
  }

  func validate(_ plan: ParallelPlan, options: StepOptions) throws(ModelError) -> [PlanNote] {
    try plan.checkTensorParallelism(cuts: heads, "lightning-attention heads")
    try plan.checkContextParallelism(cutsHeads: heads)
    return []
  }

  func forward(_ input: LayerTensor, in builder: inout LayerBuilder) throws(ModelError) -> LayerTensor {
    let setting = builder.setting
    let (width, rankWidth) = (heads * headDimension, heads / setting.plan.tp * headDimension)
    let elements = Double(setting.tokens) * Double(rankWidth)
    let enter = try builder.weight(setting.hidden, 3 * width, rankColumns: 3 * rankWidth, cut: .columns)
    let all = try builder.product(.recurrenceIn, input, enter)
    let gates = try builder.weight(setting.hidden, width, rankColumns: rankWidth, cut: .columns)
    let gate = try builder.product(.lightningGate, input, gates)
    // No filter over positions: its pass is the activation of queries, keys and values.
    let core = RecurrenceCore(
      heads: heads / setting.plan.tp, headDimension: headDimension,
      stateDimension: headDimension, chunk: chunk, channels: 3 * rankWidth, filter: 1)
    let states = try builder.recurrence(core, all)
    builder.vector(Double(width), parts: setting.plan.tp)
    let gated = builder.pass(
      .recurrenceGate, .rmsNorm, [states, gate], elements: elements, rows: Double(setting.tokens))
    let leave = try builder.weight(width, setting.hidden, rankRows: rankWidth, cut: .rows)
    return try builder.product(.recurrenceOut, gated, leave)
  }
}

extension OperationRole {
  static let lightningGate = OperationRole("ssm_output_gate", .recurrence, .column)
}
