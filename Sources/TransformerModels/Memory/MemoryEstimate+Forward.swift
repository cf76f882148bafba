internal import GEMMTiming

extension MemoryEstimate {
  /// The stage that needs the most.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model.
  public static func worst(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions()
  ) throws(ModelError) -> MemoryEstimate {
    var worst = try MemoryEstimate(stage: 0, model: model, plan: plan, options: options)
    // Only the first stage, the last and one between can differ by more than a layer less.
    for stage in Set([1, plan.pp - 1]).sorted() where stage > 0 && stage < plan.pp {
      let other = try MemoryEstimate(stage: stage, model: model, plan: plan, options: options)
      if other.total > worst.total { worst = other }
    }
    return worst
  }

  /// What a GPU of `stage` needs.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model.
  public init(
    stage: Int, model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions()
  ) throws(ModelError) {
    try plan.validate(model, options: options)
    let sizes = try LayerSizes(model: model, plan: plan, options: options)
    let size = Double(plan.dtype.size)
    let parameters = sizes.parameters(ofStage: stage)
    var bytes: [Item: Double] = [.weights: parameters * size]
    bytes[.residualStream] = sizes.stream * size
    let peak = sizes.forwardPeak(isLastStage: stage == plan.pp - 1)
    bytes[.scores] = peak.scores * size
    bytes[.activations] = peak.others * size
    self.init(stage: stage, bytes: bytes)
  }
}

extension LayerSizes {
  /// Layers that a stage holds, in all its parts.
  func layers(ofStage stage: Int) -> Int {
    let parts = plan.pp * options.chunks
    return (0..<options.chunks).reduce(0) {
      $0 + plan.layerCount(ofPart: $1 * plan.pp + stage, parts: parts, layers: model.layers)
    }
  }

  /// Weights that one GPU of a stage holds.
  func parameters(ofStage stage: Int) -> Double {
    let layers = layers(ofStage: stage)
    let tp = Double(plan.tp)
    // Norms are held whole by every rank, and so are the key-value heads where there are fewer of them than ranks.
    let replicated =
      2 * Double(model.hidden) * Double(keyValueWidth) - 2 * Double(model.hidden)
      * Double(model.keyValueWidth) / tp
    let layer = (model.attentionParameters + model.mlpParameters) / tp + replicated + 2 * model.normParameters
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

  /// Elements alive beside the residual stream at the widest point of a forward pass.
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
    let head = isLastStage && model.vocabulary != nil ? wholeStream + tokens * Double(vocabulary) : 0
    let widest = max(kept + attention, mlp, head)
    return widest == kept + attention ? (kept, attention) : (0, widest)
  }
}
