internal import GEMMTiming

/// What stands in front of a layer that predicts a further token: the stream and the next token's embedding, each behind a
/// norm, brought to the stream's width by one product.
///
/// Source: DeepSeek-AI, *DeepSeek-V3*, arXiv 2412.19437, §2.2. The layer behind it is as the model's last, and the head is
/// the model's own.
public struct PredictionEntry: Hashable, Sendable {}

extension PredictionEntry: LayerBlock {
  var component: OperationRole.Component { .mlp }

  var summary: [(name: String, value: String)] { [("Predicts", "one further token")] }

  func validate(_ plan: ParallelPlan, options: StepOptions) throws(ModelError) -> [PlanNote] { [] }

  func forward(_ input: LayerTensor, in builder: inout LayerBuilder) throws(ModelError) -> LayerTensor {
    let setting = builder.setting
    let (hidden, whole) = (setting.hidden, setting.wholeStream)
    let embedded = builder.pass(
      .predictionEmbedding, .embedding, [input], elements: whole, saving: .nothing)
    builder.vector(setting.normalization.parameters(hidden))
    let normed = builder.pass(
      .predictionNorm, setting.normalization.kind, [embedded], elements: whole, rows: Double(setting.tokens))
    let both = builder.pass(
      .predictionInput, .copy, [input, normed], elements: 2 * whole, saving: .nothing)
    let weight = try builder.weight(
      2 * hidden, hidden, rankRows: 2 * hidden / setting.plan.tp, cut: .rows)
    return try builder.product(.predictionProjection, both, weight)
  }
}

extension ModelConfiguration {
  /// The same model with so many layers more that predict further tokens, each with the head once more.
  ///
  /// - Throws: ``ModelError`` for less than none, for a model without a head, and for too many layers.
  public func with(predictionLayers count: Int) throws(ModelError) -> ModelConfiguration {
    if count == 0 { return self }
    try Extent.check(count, "layers that predict")
    guard headColumns != nil, let last = stack.runs.last else {
      throw .conflict(problem: "\(name) has no head to predict tokens with", remedy: "a language model is expected")
    }
    var (stack, ends) = (stack, ends)
    let layer = TransformerLayer([.init(PredictionEntry())] + stack.kinds[last.kind].branches)
    stack.append(layer, count: count)
    ends.furtherHeads = count
    return try ModelConfiguration(
      name: name, hidden: hidden, stack: stack, normalization: normalization, ends: ends,
      maximumPositions: maximumPositions, dropout: dropout,
      notes: notes.filter { !$0.isOfPredictionLayers }, storage: storage)
  }
}

extension ModelNote {
  /// Whether it says that the layers that predict further tokens are left out.
  fileprivate var isOfPredictionLayers: Bool {
    if case .key(let key, _) = self { return ["num_nextn_predict_layers", "num_mtp_modules"].contains(key) }
    return false
  }
}

extension OperationRole {
  static let predictionEmbedding = OperationRole("mtp_embedding", .mlp)
  static let predictionNorm = OperationRole("mtp_norm", .mlp)
  static let predictionInput = OperationRole("mtp_concat", .mlp)
  static let predictionProjection = OperationRole("mtp_proj", .mlp, .row, title: "Prediction Projection")
}
