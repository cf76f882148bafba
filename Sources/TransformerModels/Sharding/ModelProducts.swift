internal import GEMMTiming

/// Every product of a model on one GPU for one micro-batch: of each kind of layer, and of the head.
public struct ModelProducts: Sendable {
  /// The products of each kind of layer: of the forward pass, and in training of the backward pass.
  public let kinds: [[LayerOperation]]
  /// The kind of each layer.
  public let kindOfLayer: [Int]
  /// The head's; empty where there is none.
  public let head: [LayerOperation]

  /// Cuts a model as a plan says.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model or a shape is out of range.
  public init(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions()
  ) throws(ModelError) {
    let sharded = try ShardedModel(model: model, plan: plan, options: options)
    kinds = sharded.graphs.map { $0.gemms + $0.backward.filter { $0.shape != nil } }
    kindOfLayer = model.stack.runs.flatMap { Array(repeating: $0.kind, count: $0.count) }
    guard model.headColumns != nil else {
      head = []
      return
    }
    var head = [LayerOperation(.head, .forward, try sharded.head(), after: [])]
    if options.work == .training {
      let gradients = try sharded.headGradients()
      head.append(LayerOperation(.head, .inputGradient, gradients.input, after: []))
      head.append(LayerOperation(.head, .weightGradient, gradients.weight, after: [], isWeightGradient: true))
    }
    self.head = head
  }
}

extension LayerGraph {
  /// The graph of each kind of layer.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model or a shape is out of range.
  public static func all(
    of model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions()
  ) throws(ModelError) -> [LayerGraph] {
    try ShardedModel(model: model, plan: plan, options: options).graphs
  }
}

extension ModelConfiguration {
  /// What the blocks of one kind of layer say of themselves: names and values.
  public func layerSummary(kind: Int) -> [(name: String, value: String)] {
    stack.kinds.indices.contains(kind) ? stack.kinds[kind].blocks.flatMap(\.summary) : []
  }
}
