internal import GEMMTiming

extension MemoryEstimate {
  /// The stage that needs the most.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model.
  public static func worst(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions()
  ) throws(ModelError) -> MemoryEstimate {
    var worst = try MemoryEstimate(stage: 0, model: model, plan: plan, options: options)
    // Stages between the first and the last hold no more layers and no more micro-batches than the second.
    for stage in Set([1, plan.pp - 1]).sorted() where stage > 0 && stage < plan.pp {
      let other = try MemoryEstimate(stage: stage, model: model, plan: plan, options: options)
      if other.total > worst.total { worst = other }
    }
    return worst
  }

  /// What a GPU of `stage` needs at its peak.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model.
  public init(
    stage: Int, model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions()
  ) throws(ModelError) {
    guard stage >= 0, stage < plan.pp else {
      throw .conflict(problem: "there is no stage \(stage)", remedy: "0 to \(plan.pp - 1) are expected")
    }
    try plan.validate(model, options: options)
    let sizes = try LayerSizes(model: model, plan: plan, options: options)
    var bytes = sizes.persistentBytes(ofStage: stage)
    // Every micro-batch of a forward pass alone needs the same.
    let order = StageOrder(
      stage: stage, stages: plan.pp, microBatches: options.work == .training ? plan.microBatches : 1, options: options)
    let peak = StageMemory(sizes: sizes, order: order).peak
    bytes[.residualStream] = peak.stream
    bytes[.scores] = peak.scores
    bytes[.activations] = peak.others
    self.init(stage: stage, bytes: bytes)
  }
}

extension LayerSizes {
  /// Layers that a stage holds, in all its parts.
  func layers(ofStage stage: Int) -> Int {
    (0..<options.chunks).reduce(0) { $0 + layers(ofPart: $1 * plan.pp + stage) }
  }

  /// Layers of one part of the model.
  func layers(ofPart part: Int) -> Int {
    plan.layerCount(ofPart: part, parts: plan.pp * options.chunks, layers: model.layers)
  }

  /// Weights of one layer's attention that one GPU holds: key-value heads whole where there are fewer than ranks.
  var rankAttentionParameters: Double {
    let tp = Double(plan.tp)
    let replicated = 2 * Double(model.hidden) * (Double(keyValueWidth) - Double(model.keyValueWidth) / tp)
    return model.attentionParameters / tp + replicated
  }

  /// Weights of one layer's MLP that one GPU holds.
  var rankMLPParameters: Double { model.mlpParameters / Double(plan.tp) }

  /// Weights that one GPU of a stage holds.
  func parameters(ofStage stage: Int) -> Double {
    let layers = layers(ofStage: stage)
    let tp = Double(plan.tp)
    // Norms are held whole by every rank.
    let layer = rankAttentionParameters + rankMLPParameters + 2 * model.normParameters
    var total = Double(layers) * layer
    if stage == 0 { total += model.embeddingParameters / tp }
    if stage == plan.pp - 1 {
      total += model.headParameters / tp
      // A tied head on another stage than the embedding is a second copy of it.
      if model.tiedEmbeddings, plan.pp > 1 {
        total += Double(model.vocabulary ?? 0) * Double(model.hidden) / tp
      }
    }
    return total
  }

  /// Bytes that stay through the step: weights, and in training gradients and the optimizer's state.
  ///
  /// Mixed precision keeps gradients in fp32, and for each weight a master copy and the optimizer's moments in fp32;
  /// weights that are fp32 themselves need no copy. Replicas divide what ``StepOptions/DataSharding`` says.
  func persistentBytes(ofStage stage: Int) -> [MemoryEstimate.Item: Double] {
    let parameters = parameters(ofStage: stage)
    let size = Double(plan.dtype.size)
    let dp = Double(plan.dp)
    let sharding = options.dataSharding.rawValue
    let weights = parameters * size / (sharding >= StepOptions.DataSharding.weights.rawValue ? dp : 1)
    if options.work == .decode || options.work == .prefill {
      let sequences = Double(plan.batch / plan.dp)
      let layers = Double(layers(ofStage: stage))
      return [
        .weights: weights,
        .cache: 2 * size * sequences * Double(plan.sequence) * Double(keyValueWidth) * layers,
      ]
    }
    guard options.work == .training else { return [.weights: weights] }
    let gradients = 4 * parameters / (sharding >= StepOptions.DataSharding.gradients.rawValue ? dp : 1)
    let state = 4 * ((size < 4 ? 1 : 0) + options.optimizer.moments) * parameters
    return [
      .weights: weights, .gradients: gradients,
      .optimizer: state / (sharding >= StepOptions.DataSharding.optimizer.rawValue ? dp : 1),
    ]
  }

  /// Elements alive beside the residual stream at the widest point of a forward pass alone.
  ///
  /// Inference keeps nothing: at each operation only its inputs, its output and what a later operation still needs are
  /// alive, and softmax works in place. The widest of attention, MLP and head counts.
  func forwardPeak(isLastStage: Bool) -> (scores: Double, others: Double) {
    let tokens = Double(tokens)
    let queries = tokens * Double(queryWidth)
    let keyValues = 2 * tokens * Double(keyValueWidth)
    let attention = queries + keyValues + queries  // q, k, v and the output
    let kept = options.attention == .unfused ? scores : 0
    let routed = Double(model.experts?.topK ?? 1)
    let mlp = wholeStream * routed + tokens * routed * (Double(upWidth) + Double(downWidth))
    let head =
      isLastStage && model.vocabulary != nil ? Double(headTokens) * (Double(model.hidden) + Double(vocabulary)) : 0
    let widest = max(kept + attention, mlp, head)
    return widest == kept + attention ? (kept, attention) : (0, widest)
  }
}
