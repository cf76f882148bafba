internal import GEMMTiming

/// Makes the passes of a step: forward, backward and update of each part of the model.
struct PassTemplates {
  let model: ModelConfiguration
  let plan: ParallelPlan
  let options: StepOptions
  let layer: ShardedLayer
  let sizes: LayerSizes
  var costs: OperationCosts

  init(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions, timeModel: any GEMMTimeModel
  ) throws(ModelError) {
    self.model = model
    self.plan = plan
    self.options = options
    layer = try ShardedLayer(model: model, plan: plan, options: options)
    sizes = try LayerSizes(model: model, plan: plan, options: options)
    costs = OperationCosts(timeModel)
  }

  var parts: Int { plan.pp * options.chunks }

  func layers(of part: Int) -> Int { sizes.layers(ofPart: part) }

  /// The forward pass of one part.
  mutating func forward(part: Int) throws(ModelError) -> PassTemplate {
    var pass = PassTemplate()
    var current: Int
    if part == 0 {
      current = try add(&pass, .input, .none, after: [])
      pass.entry = current
      current = try add(&pass, .broadcast, inputBroadcast, after: [current])
      if model.vocabulary != nil { current = try addEmbedding(&pass, after: current) }
    } else {
      current = try add(&pass, .receiveStage, sizes.receive, after: [])
      pass.entry = current
    }
    let count = layers(of: part)
    for index in 0..<count {
      current = try add(layer.forward, to: &pass, layer: index, entry: current)
      if index < count - 1 { current = try add(&pass, .sendLayer, .none, after: [current], layer: index) }
    }
    if part < parts - 1 {
      pass.result = current
      current = try add(&pass, .sendStage, sizes.send, after: [current])
    } else {
      if model.vocabulary != nil { current = try addHead(&pass, after: current) }
      pass.result = current
      current = try add(&pass, .output, .none, after: [current])
    }
    pass.exit = current
    return pass
  }

  /// A layer's operations; the last of them is its result.
  ///
  /// Where some of a layer's operations are left out, `renumbered` has the new places of all.
  mutating func add(
    _ operations: [LayerOperation], to pass: inout PassTemplate, layer: Int, entry: Int, renumbered: [Int]? = nil
  ) throws(ModelError) -> Int {
    let base = pass.operations.count
    for operation in operations {
      _ = try append(
        operation, to: &pass, layer: layer,
        after: operation.dependencies.map {
          $0 == LayerOperation.entry ? entry : base + (renumbered?[$0] ?? $0)
        })
    }
    return pass.operations.count - 1
  }

  mutating func add(
    _ pass: inout PassTemplate, _ role: OperationRole, _ operation: GEMMTiming.Operation, after: [Int],
    layer: Int? = nil, phase: LayerOperation.Phase = .forward
  ) throws(ModelError) -> Int {
    try append(LayerOperation(role, phase, operation, after: []), to: &pass, layer: layer, after: after)
  }

  mutating func append(
    _ operation: LayerOperation, to pass: inout PassTemplate, layer: Int?, after: [Int]
  ) throws(ModelError) -> Int {
    pass.add(
      PassOperation(
        operation: operation, prediction: try costs.predict(operation.operation, repeats: operation.repeats),
        layer: layer,
        stream: stream(of: operation), dependencies: after))
  }

  private func stream(of operation: LayerOperation) -> Stream? {
    switch operation.operation {
    case .gemm, .memory, .attention: return .compute
    case .none: return nil
    case .communication:
      guard options.overlapsCommunication else { return .compute }
      switch operation.role {
      case .sendStage: return .pipeline
      case .gradientReduce, .weightGather, .embeddingGradientReduce: return .data
      default: return .tensor
      }
    }
  }
}
