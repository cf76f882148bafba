internal import GEMMTiming

extension PassTemplates {
  /// What a stage does once a step: exchange of gradients, the optimizer, exchange of weights.
  mutating func update(stage: Int) throws(ModelError) -> PassTemplate {
    var pass = PassTemplate()
    let parameters = sizes.weights(ofStage: stage)
    var remaining = parameters
    var exchanges: [Int] = []
    if options.dataSharding.rawValue >= StepOptions.DataSharding.gradients.rawValue {
      // Layers' gradients were scattered pass by pass.
      remaining = remaining - Double(sizes.layers(ofStage: stage)) * sizes.layerWeights
    } else if options.overlapsGradients, plan.dp > 1 {
      for chunk in (0..<options.chunks).reversed() {
        let part = chunk * plan.pp + stage
        // A pass counts its layers from the first of its own part, which here is the stage's first part.
        let offset = firstLayer(of: part) - firstLayer(of: stage)
        for index in (0..<sizes.layers(ofPart: part)).reversed() {
          let first = pass.operations.count
          exchanges.append(
            try addGradientExchange(
              &pass, of: sizes.layerWeights, after: [], layer: offset + index, phase: .backward))
          for position in first..<pass.operations.count {
            pass.awaited.append(PassTemplate.AwaitedGradients(position: position, chunk: chunk, layer: index))
          }
          remaining = remaining - sizes.layerWeights
        }
      }
    }
    pass.entry = pass.operations.count
    var current = try addGradientExchange(&pass, of: remaining, after: exchanges)
    if model.tiedEmbeddings, plan.pp > 1, stage == 0 || stage == plan.pp - 1 {
      let bytes = Double(sizes.vocabulary) * Double(model.hidden) * 4
      current = try add(
        &pass, .embeddingGradientReduce,
        .communication(Communication(.allReduce, bytes: bytes, ranks: 2, nodes: plan.sendNodes)), after: [current])
    }
    let share = options.dataSharding == .none ? parameters.total : parameters.divided(in: plan)
    current = try add(
      &pass, .optimizer, .memory(Self.optimizerTraffic(share, weight: plan.dtype.size)), after: [current])
    if options.dataSharding == .optimizer || options.dataSharding == .gradients {
      current = try addWeightExchange(&pass, of: parameters, after: [current])
    }
    pass.exit = current
    pass.result = current
    return pass
  }

  /// Gathering a layer's weights where replicas share them; it may run ahead within its pass.
  mutating func addWeightGather(
    _ pass: inout PassTemplate, layer: Int, phase: LayerOperation.Phase
  ) throws(ModelError) -> Int? {
    guard options.dataSharding == .weights, plan.dp > 1 else { return nil }
    return try addWeightExchange(
      &pass, of: sizes.layerWeights, after: [pass.entry], layer: layer,
      phase: phase == .forward ? .forward : .backward)
  }

  /// Scattering a layer's gradients where replicas share them; what was added from `base` on is the layer.
  mutating func addGradientScatter(_ pass: inout PassTemplate, layer: Int, from base: Int) throws(ModelError) {
    guard options.dataSharding.rawValue >= StepOptions.DataSharding.gradients.rawValue, plan.dp > 1 else { return }
    let sums = pass.operations.indices.filter { $0 >= base && pass.operations[$0].operation.role.isGradientSum }
    guard !sums.isEmpty else { return }
    _ = try addGradientExchange(&pass, of: sizes.layerWeights, after: sums, layer: layer, phase: .backward)
  }

  private func firstLayer(of part: Int) -> Int {
    plan.firstLayer(ofPart: part, parts: parts, layers: model.layers)
  }

  /// Sums gradients over the replicas that hold the same weights; returns the last exchange.
  ///
  /// Gradients are summed in fp32 whatever the weights are. The experts' go over fewer replicas, one after the other.
  private mutating func addGradientExchange(
    _ pass: inout PassTemplate, of weights: RankWeights, after: [Int], layer: Int? = nil,
    phase: LayerOperation.Phase = .forward
  ) throws(ModelError) -> Int {
    let kind = options.dataSharding == .none ? Communication.Kind.allReduce : .reduceScatter
    return try addDataExchange(
      &pass, (.gradientReduce, .expertGradientReduce), kind, of: weights, elementSize: 4, after: after, layer: layer,
      phase: phase)
  }

  /// Gathers weights from the replicas that share them; returns the last exchange.
  private mutating func addWeightExchange(
    _ pass: inout PassTemplate, of weights: RankWeights, after: [Int], layer: Int? = nil,
    phase: LayerOperation.Phase = .forward
  ) throws(ModelError) -> Int {
    try addDataExchange(
      &pass, (.weightGather, .expertWeightGather), .allGather, of: weights, elementSize: Double(plan.dtype.size),
      after: after, layer: layer, phase: phase)
  }

  private mutating func addDataExchange(
    _ pass: inout PassTemplate, _ roles: (common: OperationRole, experts: OperationRole), _ kind: Communication.Kind,
    of weights: RankWeights, elementSize: Double, after: [Int], layer: Int?, phase: LayerOperation.Phase
  ) throws(ModelError) -> Int {
    func exchange(_ elements: Double, ranks: Int, nodes: Int) -> GEMMTiming.Operation {
      guard ranks > 1, elements > 0 else { return .none }
      return .communication(Communication(kind, bytes: elements * elementSize, ranks: ranks, nodes: nodes))
    }
    let common = try add(
      &pass, roles.common, exchange(weights.common, ranks: plan.dp, nodes: plan.dataNodes), after: after,
      layer: layer, phase: phase)
    guard plan.ep > 1 else { return common }
    return try add(
      &pass, roles.experts,
      exchange(weights.experts, ranks: plan.expertReplicas, nodes: plan.expertReplicaNodes), after: after + [common],
      layer: layer, phase: phase)
  }

  /// Adam in mixed precision, pass by pass over gradients, weights and moments in fp32, in bytes a parameter.
  ///
  /// Gradients are checked for infinities and unscaled (4 read), their norm is taken (4 read), they are clipped (4
  /// read, 4 written), Adam reads 16 and writes 12, the weights are rounded to the plan's type (4 read), and the
  /// gradients are zeroed (4 written).
  private static func optimizerTraffic(_ parameters: Double, weight: Int) -> MemoryTraffic {
    let rounds = weight < 4
    return MemoryTraffic(
      .optimizer, read: parameters * (rounds ? 32 : 28), written: parameters * (20 + (rounds ? Double(weight) : 0)))
  }
}
