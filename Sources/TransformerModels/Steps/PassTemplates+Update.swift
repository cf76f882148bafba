internal import GEMMTiming

extension PassTemplates {
  /// What a stage does once a step: exchange of gradients, the optimizer, exchange of weights.
  mutating func update(stage: Int) throws(ModelError) -> PassTemplate {
    var pass = PassTemplate()
    let parameters = sharded.weights(ofStage: stage)
    var remaining = parameters
    var exchanges: [Int] = []
    if options.dataSharding.rawValue >= StepOptions.DataSharding.gradients.rawValue {
      // Layers' gradients were scattered pass by pass.
      remaining = remaining - sharded.layerWeights(ofStage: stage)
    } else if options.overlapsGradients, plan.replicas > 1 {
      for chunk in (0..<options.chunks).reversed() {
        let part = chunk * plan.pp + stage
        // A pass counts its layers from the first of its own part, which here is the stage's first part.
        let offset = firstLayer(of: part) - firstLayer(of: stage)
        let layers = sharded.graphs(ofPart: part).map(\.weights.rank)
        for bucket in try buckets(layers) {
          let weights = layers[bucket.layers].reduce(RankWeights(), +)
          for _ in 0..<bucket.exchanges {
            let first = pass.operations.count
            exchanges.append(
              try addGradientExchange(
                &pass, of: 1 / Double(bucket.exchanges) * weights, after: [], layer: offset + bucket.layers.lowerBound,
                phase: .backward))
            for position in first..<pass.operations.count {
              pass.awaited += bucket.layers.map { .init(position: position, chunk: chunk, layer: $0) }
            }
          }
          remaining = remaining - weights
        }
      }
    }
    pass.entry = pass.operations.count
    var current = try addGradientExchange(&pass, of: remaining, after: exchanges)
    if model.tiedEmbeddings, plan.pp > 1, stage == 0 || stage == plan.pp - 1 {
      let bytes = Double(sharded.vocabulary) * Double(model.hidden) * exchangedGradientSize
      current = try add(
        &pass, .embeddingGradientReduce,
        .communication(Communication(.allReduce, bytes: bytes, ranks: 2, placement: plan.sendPlacement)),
        after: [current])
    }
    let share = options.dataSharding == .none ? parameters.total : parameters.share(dividedIn: plan).total
    current = try add(
      &pass, .optimizer, .memory(optimizerTraffic(share)), after: [current])
    if options.dataSharding == .optimizer || options.dataSharding == .gradients {
      current = try addWeightExchange(&pass, of: parameters, after: [current])
    }
    pass.exit = current
    pass.result = current
    return pass
  }

  /// The layers of a part in the buckets that their gradients are exchanged in, the last layers first.
  ///
  /// A bucket takes layers while they fit; a layer that is larger than one fills several exchanges.
  private func buckets(_ layers: [RankWeights]) throws(ModelError) -> [(layers: Range<Int>, exchanges: Int)] {
    guard let size = options.bucketSize else { return layers.indices.reversed().map { ($0..<$0 + 1, 1) } }
    var buckets: [(layers: Range<Int>, exchanges: Int)] = []
    var end = layers.count
    while end > 0 {
      var first = end - 1
      var bytes = layers[first].total * exchangedGradientSize
      let exchanges = max(1, (bytes / size).rounded(.up))
      guard exchanges <= Self.largestBucketCount else {
        throw .conflict(
          problem:
            "gradients in buckets of so few bytes make more than \(Int(Self.largestBucketCount)) exchanges a layer",
          remedy: "larger buckets are expected")
      }
      while first > 0, bytes + layers[first - 1].total * exchangedGradientSize <= size {
        first -= 1
        bytes += layers[first].total * exchangedGradientSize
      }
      buckets.append((first..<end, Int(exchanges)))
      end = first
    }
    return buckets
  }

  /// More exchanges a layer than this are not laid out.
  private static let largestBucketCount = 4096.0

  /// Gathering a layer's weights where replicas share them; it may run ahead within its pass.
  mutating func addWeightGather(
    _ pass: inout PassTemplate, of graph: LayerGraph, layer: Int, phase: LayerOperation.Phase
  ) throws(ModelError) -> Int? {
    guard options.dataSharding == .weights, plan.replicas > 1 else { return nil }
    return try addWeightExchange(
      &pass, of: graph.weights.rank, after: [pass.entry], layer: layer,
      phase: phase == .forward ? .forward : .backward)
  }

  /// Scattering a layer's gradients where replicas share them; what was added from `base` on is the layer.
  mutating func addGradientScatter(
    _ pass: inout PassTemplate, of graph: LayerGraph, layer: Int, from base: Int
  ) throws(ModelError) {
    guard options.dataSharding.rawValue >= StepOptions.DataSharding.gradients.rawValue, plan.replicas > 1 else {
      return
    }
    let sums = pass.operations.indices.filter { $0 >= base && pass.operations[$0].operation.role.isGradientSum }
    guard !sums.isEmpty else { return }
    _ = try addGradientExchange(&pass, of: graph.weights.rank, after: sums, layer: layer, phase: .backward)
  }

  private func firstLayer(of part: Int) -> Int {
    plan.firstLayer(ofPart: part, parts: parts, layers: model.layers)
  }

  /// Bytes of a gradient's element as replicas exchange it.
  private var exchangedGradientSize: Double { options.gradientExchange == .fp32 ? 4 : setting.activationSize }

  /// Sums gradients over the replicas that hold the same weights; returns the last exchange.
  ///
  /// The experts' go over fewer replicas, after the others'.
  private mutating func addGradientExchange(
    _ pass: inout PassTemplate, of weights: RankWeights, after: [Int], layer: Int? = nil,
    phase: LayerOperation.Phase = .forward
  ) throws(ModelError) -> Int {
    let kind = options.dataSharding == .none ? Communication.Kind.allReduce : .reduceScatter
    return try addDataExchange(
      &pass, (.gradientReduce, .expertGradientReduce), kind, of: weights, elementSize: exchangedGradientSize,
      after: after, layer: layer, phase: phase)
  }

  /// Gathers weights from the replicas that share them; returns the last exchange.
  private mutating func addWeightExchange(
    _ pass: inout PassTemplate, of weights: RankWeights, after: [Int], layer: Int? = nil,
    phase: LayerOperation.Phase = .forward
  ) throws(ModelError) -> Int {
    try addDataExchange(
      &pass, (.weightGather, .expertWeightGather), .allGather, of: weights, elementSize: sharded.weightSize,
      after: after, layer: layer, phase: phase)
  }

  private mutating func addDataExchange(
    _ pass: inout PassTemplate, _ roles: (common: OperationRole, experts: OperationRole), _ kind: Communication.Kind,
    of weights: RankWeights, elementSize: Double, after: [Int], layer: Int?, phase: LayerOperation.Phase
  ) throws(ModelError) -> Int {
    func exchange(_ elements: Double, ranks: Int, _ placement: NodePlacement) -> GEMMTiming.Operation {
      guard ranks > 1, elements > 0 else { return .none }
      return .communication(Communication(kind, bytes: elements * elementSize, ranks: ranks, placement: placement))
    }
    let common = try add(
      &pass, roles.common, exchange(weights.common, ranks: plan.replicas, plan.dataPlacement), after: after,
      layer: layer, phase: phase)
    guard plan.ep > 1 else { return common }
    return try add(
      &pass, roles.experts,
      exchange(weights.experts, ranks: plan.expertReplicas, plan.expertReplicaPlacement), after: after + [common],
      layer: layer, phase: phase)
  }

  /// The optimizer in mixed precision, pass by pass over gradients, weights and moments in fp32, in bytes a parameter.
  ///
  /// Gradients are checked for infinities and unscaled (4 read), their norm is taken (4 read), they are clipped (4
  /// read, 4 written). The optimizer reads gradient, weight and moments and writes weight and moments (16 and 12 with
  /// Adam). Then the weights are rounded to the plan's type (4 read), and the gradients are zeroed (4 written).
  private func optimizerTraffic(_ parameters: Double) -> MemoryTraffic {
    let rounds = setting.activationSize < 4
    let moments = 4 * options.optimizer.moments
    // Products in fewer bits need weights in their type, as they lie and turned, once a step.
    let casts = Double(plan.dtype.size) < setting.activationSize
    let narrow = casts ? 2 * Double(plan.dtype.size) : 0
    return MemoryTraffic(
      .optimizer, read: parameters * (20 + moments + (rounds ? 4 : 0) + (casts ? setting.activationSize : 0)),
      written: parameters * (12 + moments + (rounds ? setting.activationSize : 0) + narrow))
  }
}
