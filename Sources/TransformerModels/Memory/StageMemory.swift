/// How many bytes of activations one GPU of a stage holds, pass by pass.
struct StageMemory {
  let sharded: ShardedModel
  let order: StageOrder

  /// What a forward pass through a part adds.
  private func kept(by part: Int) -> ActivationMemory {
    var kept = sharded.sum(ofPart: part, from: ActivationMemory()) { $0 + $1 * $2.kept }
    if part == 0 { kept = kept + sharded.embeddingActivations }
    if part == sharded.parts - 1 { kept = kept + sharded.headActivations }
    return kept
  }

  /// What is held beside that while a backward pass runs: one layer whose activations are recomputed.
  private var working: ActivationMemory {
    guard sharded.options.recomputation != .none else { return ActivationMemory() }
    let layers = sharded.graphs.map { $0.whole.exceeding($0.kept) }
    return layers.max { $0.total < $1.total } ?? ActivationMemory()
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
    let splits = sharded.options.schedule == .zeroBubble
    let working = working
    let parts = sharded.parts(ofStage: order.stage)
    let kept = Dictionary(uniqueKeysWithValues: parts.map { ($0, self.kept(by: $0)) })
    let forward = sharded.forwardPeak(ofStage: order.stage)
    func keeps(_ part: Int) -> ActivationMemory { kept[part] ?? ActivationMemory() }
    return order.cells.map { cell in
      var during = current
      switch cell.kind {
      case .forward where order.options.work != .training:
        during = forward
      case .forward:
        current = current + keeps(cell.part)
        during = current
      case .backward:
        during = current + working
        current = current + -1 * keeps(cell.part)
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

extension ShardedModel {
  /// Bytes alive at the widest point of a forward pass alone: of any layer, or of the head.
  fileprivate func forwardPeak(ofStage stage: Int) -> ActivationMemory {
    let layers = parts(ofStage: stage).reduce((scores: 0.0, others: 0.0)) { widest, part in
      sum(ofPart: part, from: widest) { widest, _, graph in
        let own = graph.widest
        return own.scores + own.others > widest.scores + widest.others ? own : widest
      }
    }
    let head =
      stage == plan.pp - 1 && model.headColumns != nil
      ? Double(headTokens) * (Double(model.hidden) + Double(vocabulary)) : 0
    let widest = head > layers.scores + layers.others ? (scores: 0, others: head) : layers
    let size = setting.activationSize
    return ActivationMemory(
      stream: size * setting.stream, scores: size * widest.scores, others: size * widest.others)
  }
}
