internal import GEMMTiming

extension MemoryEstimate {
  /// The stage that needs the most.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model.
  public static func worst(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions()
  ) throws(ModelError) -> MemoryEstimate {
    worst(of: ofStages(try ShardedModel(model: model, plan: plan, options: options)))
  }

  /// The first of those that need the most.
  private static func worst(of stages: [MemoryEstimate]) -> MemoryEstimate {
    var worst = stages[0]
    for other in stages.dropFirst() where other.total > worst.total { worst = other }
    return worst
  }

  /// What the stages need that can need the most, the first one's first.
  static func ofStages(_ sharded: ShardedModel) -> [MemoryEstimate] {
    let (model, plan) = (sharded.model, sharded.plan)
    // Stages between the first and the last hold no more micro-batches than the second, nor layers unless they are
    // unequal or so placed.
    let isEven = plan.layersOfParts.isEmpty && model.stack.kinds.count == 1
    let others = isEven ? Set([1, plan.pp - 1]).sorted() : Array(1..<max(2, plan.pp))
    let stages = [0] + others.filter { $0 > 0 && $0 < plan.pp }
    return stages.map { MemoryEstimate(stage: $0, of: sharded) }
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
    self.init(stage: stage, of: try ShardedModel(model: model, plan: plan, options: options))
  }

  /// The same of a model that is cut already.
  init(stage: Int, of sharded: ShardedModel) {
    var bytes = sharded.persistentBytes(ofStage: stage)
    let (plan, options) = (sharded.plan, sharded.options)
    // Every micro-batch of a forward pass alone needs the same.
    let order = StageOrder(
      stage: stage, stages: plan.pp, microBatches: options.work == .training ? plan.microBatches : 1, options: options)
    let peak = StageMemory(sharded: sharded, order: order).peak
    bytes[.residualStream] = peak.stream
    bytes[.scores] = peak.scores
    bytes[.activations] = peak.others
    self.init(stage: stage, bytes: bytes)
  }
}

extension ShardedModel {
  /// Bytes that stay through the step: weights, and in training gradients and the optimizer's state.
  ///
  /// Mixed precision keeps gradients in fp32, and for each weight a master copy and the optimizer's moments in fp32;
  /// weights that are fp32 themselves need no copy. Replicas divide what ``StepOptions/DataSharding`` says.
  func persistentBytes(ofStage stage: Int) -> [MemoryEstimate.Item: Double] {
    let parameters = weights(ofStage: stage)
    func held(from sharding: StepOptions.DataSharding) -> RankWeights {
      options.dataSharding.rawValue >= sharding.rawValue ? parameters.share(dividedIn: plan) : parameters
    }
    let weights = bytes(of: held(from: .weights))
    switch options.work {
    case .forward: return [.weights: weights]
    case .decode, .prefill: return [.weights: weights, .cache: cacheBytes(ofStage: stage)]
    case .training:
      let state = (setting.activationSize < 4 ? 1 : 0) + options.optimizer.moments
      return [
        .weights: weights, .gradients: 4 * held(from: .gradients).total,
        .optimizer: 4 * state * held(from: .optimizer).total,
      ]
    }
  }

  /// Bytes of what a stage keeps of earlier positions, for all sequences in flight.
  func cacheBytes(ofStage stage: Int) -> Double {
    let sequences = Double(plan.batch / plan.dp)
    return parts(ofStage: stage).reduce(0) { bytes, part in
      sum(ofPart: part, from: bytes) { $0 + $1 * sequences * cacheBytes(of: $2) }
    }
  }

  /// Bytes that one layer keeps of one sequence; context parallelism cuts its positions.
  private func cacheBytes(of graph: LayerGraph) -> Double {
    graph.caches.reduce(0) { bytes, cache in
      let positions = min(plan.sequence, cache.window ?? .max)
      let held = (Double(positions) / Double(plan.cp)).rounded(.up)
      return bytes + cache.stateBytes + held * cache.elementsPerPosition * Double(plan.types.cache.size)
    }
  }
}
