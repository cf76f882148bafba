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
        for bucket in try buckets(layers: sizes.layers(ofPart: part)) {
          let parameters = Double(bucket.layers.count) * layerParameters
          for _ in 0..<bucket.exchanges {
            let exchange = try add(
              &pass, .gradientReduce, gradientExchange(parameters: parameters / Double(bucket.exchanges)), after: [],
              layer: offset + bucket.layers.lowerBound, phase: .backward)
            pass.awaited += bucket.layers.map { .init(position: exchange, chunk: chunk, layer: $0) }
            exchanges.append(exchange)
          }
          remaining -= parameters
        }
      }
    }
    var current = try add(
      &pass, .gradientReduce, gradientExchange(parameters: max(0, remaining)), after: exchanges)
    pass.entry = current
    if model.tiedEmbeddings, plan.pp > 1, stage == 0 || stage == plan.pp - 1 {
      let bytes = Double(sizes.vocabulary) * Double(model.hidden) * gradientSize
      current = try add(
        &pass, .embeddingGradientReduce,
        .communication(Communication(.allReduce, bytes: bytes, ranks: 2, nodes: plan.sendNodes)), after: [current])
    }
    let share = options.dataSharding == .none ? parameters : parameters / Double(plan.dp)
    current = try add(
      &pass, .optimizer, .memory(optimizerTraffic(share)), after: [current])
    if options.dataSharding == .optimizer || options.dataSharding == .gradients {
      current = try add(&pass, .weightGather, weightExchange(parameters: parameters), after: [current])
    }
    pass.exit = current
    pass.result = current
    return pass
  }

  /// The layers of a part in the buckets that their gradients are exchanged in, the last layers first.
  ///
  /// A bucket takes layers while they fit; a layer that is larger than one fills several exchanges.
  private func buckets(layers: Int) throws(ModelError) -> [(layers: Range<Int>, exchanges: Int)] {
    guard let size = options.bucketSize else { return (0..<layers).reversed().map { ($0..<$0 + 1, 1) } }
    let bytes = layerParameters * gradientSize
    let exchanges = max(1, (bytes / size).rounded(.up))
    guard exchanges <= Self.largestBucketCount else {
      throw .conflict(
        problem:
          "gradients in buckets of so few bytes make more than \(Int(Self.largestBucketCount)) exchanges a layer",
        remedy: "larger buckets are expected")
    }
    let together = Int(min(Double(max(1, layers)), max(1, size / bytes)))
    return stride(from: layers, to: 0, by: -together).map { end in
      (max(0, end - together)..<end, Int(exchanges))
    }
  }

  /// More exchanges a layer than this are not laid out.
  private static let largestBucketCount = 4096.0

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

  /// Bytes of a gradient's element: gradients are summed in fp32 whatever the weights are.
  private var gradientSize: Double { 4 }

  private func gradientExchange(parameters: Double) -> GEMMTiming.Operation {
    dataExchange(
      options.dataSharding == .none ? .allReduce : .reduceScatter, bytes: parameters * gradientSize)
  }

  private func weightExchange(parameters: Double) -> GEMMTiming.Operation {
    dataExchange(.allGather, bytes: parameters * Double(plan.dtype.size))
  }

  private func dataExchange(_ kind: Communication.Kind, bytes: Double) -> GEMMTiming.Operation {
    guard plan.dp > 1, bytes > 0 else { return .none }
    return .communication(Communication(kind, bytes: bytes, ranks: plan.dp, nodes: plan.dataNodes))
  }

  /// The optimizer in mixed precision, pass by pass over gradients, weights and moments in fp32, in bytes a parameter.
  ///
  /// Gradients are checked for infinities and unscaled (4 read), their norm is taken (4 read), they are clipped (4
  /// read, 4 written), the optimizer reads gradient, weight and moments and writes weight and moments (16 and 12 with
  /// Adam), the weights are rounded to the plan's type (4 read), and the gradients are zeroed (4 written).
  private func optimizerTraffic(_ parameters: Double) -> MemoryTraffic {
    let rounds = plan.dtype.size < 4
    let moments = 4 * options.optimizer.moments
    return MemoryTraffic(
      .optimizer, read: parameters * (20 + moments + (rounds ? 4 : 0)),
      written: parameters * (12 + moments + (rounds ? Double(plan.dtype.size) : 0)))
  }
}
