internal import GEMMTiming

extension MemoryEstimate {
  /// The stage that needs the most.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model.
  public static func worst(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions()
  ) throws(ModelError) -> MemoryEstimate {
    var worst = try MemoryEstimate(stage: 0, model: model, plan: plan, options: options)
    // Stages between the first and the last hold no more micro-batches than the second, nor layers unless so placed.
    let others = plan.layersOfParts.isEmpty ? Set([1, plan.pp - 1]).sorted() : Array(1..<max(1, plan.pp))
    for stage in others where stage > 0 && stage < plan.pp {
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

  /// Bytes that stay through the step: weights, and in training gradients and the optimizer's state.
  ///
  /// Mixed precision keeps gradients in fp32, and for each weight a master copy and the optimizer's moments in fp32;
  /// weights that are fp32 themselves need no copy. Replicas divide what ``StepOptions/DataSharding`` says.
  func persistentBytes(ofStage stage: Int) -> [MemoryEstimate.Item: Double] {
    let parameters = weights(ofStage: stage)
    let size = Double(plan.dtype.size)
    func held(from sharding: StepOptions.DataSharding) -> Double {
      options.dataSharding.rawValue >= sharding.rawValue ? parameters.divided(in: plan) : parameters.total
    }
    let weights = size * held(from: .weights)
    if options.work == .decode || options.work == .prefill {
      let sequences = Double(plan.batch / plan.dp)
      let layers = Double(layers(ofStage: stage))
      return [
        .weights: weights,
        .cache: 2 * size * sequences * Double(plan.sequence) * Double(keyValueWidth) * layers,
      ]
    }
    guard options.work == .training else { return [.weights: weights] }
    return [
      .weights: weights, .gradients: 4 * held(from: .gradients),
      .optimizer: 4 * ((size < 4 ? 1 : 0) + options.optimizer.moments) * held(from: .optimizer),
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
      isLastStage && model.headColumns != nil ? Double(headTokens) * (Double(model.hidden) + Double(vocabulary)) : 0
    let widest = max(kept + attention, mlp, head)
    return widest == kept + attention ? (kept, attention) : (0, widest)
  }
}
