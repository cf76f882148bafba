internal import GEMMTiming

extension PassTemplates {
  /// What a stage does once a step: exchange of gradients, the optimizer, exchange of weights.
  mutating func update(stage: Int) throws(ModelError) -> PassTemplate {
    var pass = PassTemplate()
    let parameters = sizes.parameters(ofStage: stage)
    var remaining = parameters
    var exchanges: [Int] = []
    if options.dataSharding.rawValue >= StepOptions.DataSharding.gradients.rawValue {
      // Layers' gradients were scattered pass by pass.
      remaining -= Double(sizes.layers(ofStage: stage)) * layerParameters
    } else if options.overlapsGradients, plan.dp > 1 {
      for chunk in (0..<options.chunks).reversed() {
        let part = chunk * plan.pp + stage
        // A pass counts its layers from the first of its own part, which here is the stage's first part.
        let offset = firstLayer(of: part) - firstLayer(of: stage)
        for index in (0..<sizes.layers(ofPart: part)).reversed() {
          let exchange = try add(
            &pass, .gradientReduce, gradientExchange(parameters: layerParameters), after: [], layer: offset + index,
            phase: .backward)
          pass.awaited.append(PassTemplate.AwaitedGradients(position: exchange, chunk: chunk, layer: index))
          exchanges.append(exchange)
          remaining -= layerParameters
        }
      }
    }
    var current = try add(
      &pass, .gradientReduce, gradientExchange(parameters: max(0, remaining)), after: exchanges)
    pass.entry = current
    if model.tiedEmbeddings, plan.pp > 1, stage == 0 || stage == plan.pp - 1 {
      let bytes = Double(sizes.vocabulary) * Double(model.hidden) * exchangedGradientSize
      current = try add(
        &pass, .embeddingGradientReduce,
        .communication(Communication(.allReduce, bytes: bytes, ranks: 2, nodes: plan.sendNodes)), after: [current])
    }
    let share = options.dataSharding == .none ? parameters : parameters / Double(plan.dp)
    current = try add(
      &pass, .optimizer, .memory(Self.optimizerTraffic(share, weight: plan.dtype.size)), after: [current])
    if options.dataSharding == .optimizer || options.dataSharding == .gradients {
      current = try add(&pass, .weightGather, weightExchange(parameters: parameters), after: [current])
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
    return try add(
      &pass, .weightGather, weightExchange(parameters: layerParameters), after: [pass.entry], layer: layer,
      phase: phase == .forward ? .forward : .backward)
  }

  /// Scattering a layer's gradients where replicas share them; what was added from `base` on is the layer.
  mutating func addGradientScatter(_ pass: inout PassTemplate, layer: Int, from base: Int) throws(ModelError) {
    guard options.dataSharding.rawValue >= StepOptions.DataSharding.gradients.rawValue, plan.dp > 1 else { return }
    let sums = pass.operations.indices.filter { $0 >= base && pass.operations[$0].operation.role.isGradientSum }
    guard !sums.isEmpty else { return }
    _ = try add(
      &pass, .gradientReduce, gradientExchange(parameters: layerParameters), after: sums, layer: layer,
      phase: .backward)
  }

  private func firstLayer(of part: Int) -> Int {
    plan.firstLayer(ofPart: part, parts: parts, layers: model.layers)
  }

  /// Weights of one layer that one GPU holds when replicas share none of them.
  private var layerParameters: Double {
    sizes.rankAttentionParameters + sizes.rankMLPParameters + 2 * model.normParameters
  }

  /// Bytes of a gradient's element as replicas exchange it.
  private var exchangedGradientSize: Double { options.gradientExchange == .fp32 ? 4 : Double(plan.dtype.size) }

  private func gradientExchange(parameters: Double) -> GEMMTiming.Operation {
    dataExchange(
      options.dataSharding == .none ? .allReduce : .reduceScatter, bytes: parameters * exchangedGradientSize)
  }

  private func weightExchange(parameters: Double) -> GEMMTiming.Operation {
    dataExchange(.allGather, bytes: parameters * Double(plan.dtype.size))
  }

  private func dataExchange(_ kind: Communication.Kind, bytes: Double) -> GEMMTiming.Operation {
    guard plan.dp > 1, bytes > 0 else { return .none }
    return .communication(Communication(kind, bytes: bytes, ranks: plan.dp, nodes: plan.dataNodes))
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
