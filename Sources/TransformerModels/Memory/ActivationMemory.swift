internal import GEMMTiming

/// Bytes of what a forward pass keeps for its backward pass, by what it is.
struct ActivationMemory: Hashable, Sendable {
  /// What layers hand on: their inputs, and what dropout and norms keep of the residual stream.
  var stream = 0.0
  /// Attention scores, their dropout and its mask.
  var scores = 0.0
  var others = 0.0

  var total: Double { stream + scores + others }

  static func + (a: ActivationMemory, b: ActivationMemory) -> ActivationMemory {
    ActivationMemory(stream: a.stream + b.stream, scores: a.scores + b.scores, others: a.others + b.others)
  }

  static func * (factor: Double, a: ActivationMemory) -> ActivationMemory {
    ActivationMemory(stream: factor * a.stream, scores: factor * a.scores, others: factor * a.others)
  }
}

extension LayerSizes {
  /// What one layer keeps of one micro-batch.
  ///
  /// For a GPT layer with dropout in a 16-bit type this is s·b·h·(10 + 24/t + 5·a·s/(h·t)) bytes, with sequence
  /// parallelism s·b·h/t·(34 + 5·a·s/h), under selective recomputation 34·s·b·h/t, and 2·s·b·h under full recomputation
  /// (Korthikanti et al., arXiv 2205.05198, equations 1–4 and 6).
  var activations: ActivationMemory {
    let size = Double(plan.dtype.size)
    guard options.recomputation != .full else { return ActivationMemory(stream: size * stream) }
    return layerActivations
  }

  /// What one layer keeps while its backward pass runs, whatever is recomputed.
  var layerActivations: ActivationMemory {
    let size = Double(plan.dtype.size)
    let tokens = Double(tokens)
    let maskSize = drops ? 1.0 : 0
    // The inputs of two norms and of two blocks, and two dropout masks.
    let kept = stream * (4 * size + 2 * maskSize)
    // Queries, keys, values, and the projection's input.
    var others = size * tokens * (2 * Double(queryWidth) + 2 * Double(keyValueWidth))
    var scoreBytes = 0.0
    switch (options.attention, options.recomputation) {
    case (.unfused, .selective): break
    case (.unfused, _):
      // What softmax gives, what dropout leaves of it, and the mask.
      scoreBytes = scores * (size + (drops ? size + maskSize : 0))
    case (.fused, _):
      // The logarithm of each row's sum in fp32.
      others += 4 * tokens * Double(heads)
    }
    // The activation's inputs and its output, for each expert that a token passes.
    let routed = Double(model.experts?.topK ?? 1)
    others += size * tokens * routed * (Double(upWidth) + Double(downWidth))
    if model.experts != nil {
      // The experts' inputs, as the tensor-parallel group has gathered them, and the outputs that are summed.
      let summed = routesOwnPart ? Double(streamTokens) : tokens
      others += size * (tokens + summed) * Double(model.hidden) * routed
    }
    return ActivationMemory(stream: kept, scores: scoreBytes, others: others)
  }

  /// What the head keeps: the norm's and the head's inputs, and the logits in fp32.
  var headActivations: ActivationMemory {
    guard model.vocabulary != nil else { return ActivationMemory() }
    return ActivationMemory(
      stream: 2 * Double(plan.dtype.size) * stream, others: model.headColumns == nil ? 0 : 4 * logits)
  }

  /// What the embedding keeps: its dropout mask.
  var embeddingActivations: ActivationMemory {
    ActivationMemory(stream: model.vocabulary != nil && drops ? stream : 0)
  }
}

/// How many bytes of activations one GPU of a stage holds, pass by pass.
struct StageMemory {
  let sizes: LayerSizes
  let order: StageOrder

  /// What a forward pass through a part adds.
  private func kept(by part: Int) -> ActivationMemory {
    var kept = Double(sizes.layers(ofPart: part)) * sizes.activations
    if part == 0 { kept = kept + sizes.embeddingActivations }
    if part == order.stages * sizes.options.chunks - 1 { kept = kept + sizes.headActivations }
    return kept
  }

  /// What is held beside that while a backward pass runs: one layer whose activations are recomputed.
  private var working: ActivationMemory {
    sizes.options.recomputation == .none ? ActivationMemory() : sizes.recomputedActivations
  }

  /// The share of a layer's activations that its weights' gradients still need when the inputs' are done.
  ///
  /// The inputs of linear layers and the gradients of their outputs; taken as all that was kept but the scores.
  private func held(forWeightGradientOf part: Int) -> ActivationMemory {
    var held = kept(by: part)
    held.scores = 0
    return held
  }

  /// What is held during each pass and after it, in the order of the passes.
  var levels: [(during: ActivationMemory, after: ActivationMemory)] {
    var current = ActivationMemory()
    let splits = sizes.options.schedule == .zeroBubble
    return order.cells.map { cell in
      var during = current
      switch cell.kind {
      case .forward where order.options.work != .training:
        let peak = sizes.forwardPeak(isLastStage: order.stage == order.stages - 1)
        let size = Double(sizes.plan.dtype.size)
        during = ActivationMemory(
          stream: size * sizes.stream, scores: size * peak.scores, others: size * peak.others)
      case .forward:
        current = current + kept(by: cell.part)
        during = current
      case .backward:
        during = current + working
        current = current + -1 * kept(by: cell.part)
        if splits { current = current + held(forWeightGradientOf: cell.part) }
      case .weightGradient:
        current = current + -1 * held(forWeightGradientOf: cell.part)
      case .update: break
      }
      return (during, current)
    }
  }

  /// The largest of ``levels``.
  var peak: ActivationMemory {
    levels.map(\.during).max { $0.total < $1.total } ?? ActivationMemory()
  }
}

extension LayerSizes {
  /// What one layer holds beside its kept activations while they are recomputed.
  var recomputedActivations: ActivationMemory {
    var everything = self
    everything.options.recomputation = .none
    let whole = everything.layerActivations + -1 * activations
    return ActivationMemory(
      stream: max(0, whole.stream), scores: max(0, whole.scores), others: max(0, whole.others))
  }
}
