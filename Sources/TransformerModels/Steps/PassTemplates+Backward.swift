internal import GEMMTiming

extension PassTemplates {
  /// The backward pass of one part; without the weights' gradients where the schedule splits them off.
  mutating func backward(part: Int) throws(ModelError) -> PassTemplate {
    var pass = PassTemplate()
    var current: Int
    if part == parts - 1 {
      current = try add(&pass, .output, .none, after: [], phase: .backward)
      pass.entry = current
      if model.vocabulary != nil { current = try addHeadBackward(&pass, after: current) }
    } else {
      current = try add(&pass, .receiveStage, sizes.receive, after: [], phase: .backward)
      pass.entry = current
    }
    let operations = splitsWeightGradients ? layer.backward.filter { !$0.isWeightGradient } : layer.backward
    let positions = Self.positions(of: operations, in: layer.backward)
    for index in (0..<layers(of: part)).reversed() {
      current = try add(operations, to: &pass, layer: index, entry: current, renumbered: positions)
    }
    pass.result = current
    if part > 0 {
      current = try add(&pass, .sendStage, sizes.send, after: [current], phase: .backward)
    } else if model.vocabulary != nil {
      // The gradient's rows are added to those of the tokens' embeddings.
      current = try add(
        &pass, .embedding, sizes.pass(.embedding, read: 2 * sizes.stream, written: sizes.stream), after: [current],
        phase: .backward)
    }
    pass.exit = current
    return pass
  }

  /// The weights' gradients of one part, one after the other.
  mutating func weightGradient(part: Int) throws(ModelError) -> PassTemplate {
    var pass = PassTemplate()
    var current: Int?
    for index in (0..<layers(of: part)).reversed() {
      for operation in layer.backward where operation.isWeightGradient {
        current = try append(operation, to: &pass, layer: index, after: current.map { [$0] } ?? [])
      }
    }
    pass.exit = current ?? 0
    pass.result = pass.exit
    return pass
  }

  /// What a stage does once a step: exchange of gradients, the optimizer, exchange of weights.
  mutating func update(stage: Int) throws(ModelError) -> PassTemplate {
    var pass = PassTemplate()
    let parameters = sizes.parameters(ofStage: stage)
    let gradients = parameters * Double(gradientSize)
    var current = try add(&pass, .gradientReduce, gradientExchange(bytes: gradients), after: [])
    pass.entry = current
    if model.tiedEmbeddings, plan.pp > 1, stage == 0 || stage == plan.pp - 1 {
      let bytes = Double(sizes.vocabulary) * Double(model.hidden) * Double(gradientSize)
      current = try add(
        &pass, .embeddingGradientReduce,
        .communication(Communication(.allReduce, bytes: bytes, ranks: 2, nodes: plan.sendNodes)), after: [current])
    }
    let share = options.dataSharding == .none ? parameters : parameters / Double(plan.dp)
    current = try add(
      &pass, .optimizer, .memory(Self.optimizerTraffic(share, weight: plan.dtype.size)), after: [current])
    if options.dataSharding != .none, plan.dp > 1 {
      let bytes = parameters * Double(plan.dtype.size)
      current = try add(&pass, .weightGather, dataExchange(.allGather, bytes: bytes), after: [current])
    }
    pass.exit = current
    pass.result = current
    return pass
  }

  /// Whether the weights' gradients are passes of their own.
  var splitsWeightGradients: Bool { options.schedule == .zeroBubble }

  /// Bytes of a gradient's element: gradients are summed in fp32 whatever the weights are.
  var gradientSize: Int { 4 }

  private func gradientExchange(bytes: Double) -> GEMMTiming.Operation {
    guard plan.dp > 1 else { return .none }
    return dataExchange(options.dataSharding == .none ? .allReduce : .reduceScatter, bytes: bytes)
  }

  private func dataExchange(_ kind: Communication.Kind, bytes: Double) -> GEMMTiming.Operation {
    .communication(Communication(kind, bytes: bytes, ranks: plan.dp, nodes: plan.dataNodes))
  }

  /// Adam in mixed precision, pass by pass over gradients, weights and moments in fp32, in bytes a parameter:
  /// gradients are checked for infinities and unscaled (4 read), their norm is taken (4 read), they are clipped (4
  /// read, 4 written), Adam reads 16 and writes 12, the weights are rounded to the plan's type (4 read), and the
  /// gradients are zeroed (4 written).
  private static func optimizerTraffic(_ parameters: Double, weight: Int) -> MemoryTraffic {
    let rounds = weight < 4
    return MemoryTraffic(
      .optimizer, read: parameters * (rounds ? 32 : 28), written: parameters * (20 + (rounds ? Double(weight) : 0)))
  }

  /// For each operation of `all`, its place among `kept`.
  private static func positions(of kept: [LayerOperation], in all: [LayerOperation]) -> [Int] {
    var next = 0
    return all.map { operation in
      guard next < kept.count, kept[next] == operation else { return LayerOperation.entry }
      next += 1
      return next - 1
    }
  }
}
