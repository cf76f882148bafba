/// Weights that one GPU holds when replicas share none of them, by how many replicas hold the same ones.
struct RankWeights: Hashable, Sendable {
  /// Weights that all dp replicas hold alike.
  var common = 0.0
  /// Weights of the GPU's own experts, which dp/ep replicas hold alike; counted in `common` without expert parallelism.
  var experts = 0.0

  var total: Double { common + experts }

  /// The weights that are left to each replica when those that hold the same ones divide them.
  func divided(in plan: ParallelPlan) -> Double {
    common / Double(plan.dp) + experts / Double(plan.expertReplicas)
  }

  static func + (a: RankWeights, b: RankWeights) -> RankWeights {
    RankWeights(common: a.common + b.common, experts: a.experts + b.experts)
  }

  static func - (a: RankWeights, b: RankWeights) -> RankWeights {
    RankWeights(common: max(0, a.common - b.common), experts: max(0, a.experts - b.experts))
  }

  static func * (factor: Double, a: RankWeights) -> RankWeights {
    RankWeights(common: factor * a.common, experts: factor * a.experts)
  }
}

extension LayerSizes {
  /// Weights of one layer's attention that one GPU holds: key-value heads whole where there are fewer than ranks.
  var rankAttentionParameters: Double {
    let tp = Double(plan.tp)
    let replicated = 2 * Double(model.hidden) * (Double(keyValueWidth) - Double(model.keyValueWidth) / tp)
    return model.attentionParameters / tp + replicated
  }

  /// Weights of one layer's MLP that one GPU holds: its share of the layer's experts, and their router whole.
  var rankMLPParameters: Double {
    guard model.experts != nil else { return model.mlpParameters / Double(plan.tp) }
    return model.routerParameters + rankExpertParameters
  }

  /// Weights of one layer's experts that one GPU holds; 0 without experts.
  private var rankExpertParameters: Double {
    (model.mlpParameters - model.routerParameters) / (Double(plan.tp) * Double(plan.ep))
  }

  /// Weights of one layer that one GPU holds.
  ///
  /// Norms are held whole by every rank.
  var layerWeights: RankWeights {
    let all = rankAttentionParameters + rankMLPParameters + 2 * model.normParameters
    let own = plan.ep > 1 ? rankExpertParameters : 0
    return RankWeights(common: all - own, experts: own)
  }

  /// Weights that one GPU of a stage holds.
  func weights(ofStage stage: Int) -> RankWeights {
    var weights = Double(layers(ofStage: stage)) * layerWeights
    let tp = Double(plan.tp)
    if stage == 0 { weights.common += model.embeddingParameters / tp }
    if stage == plan.pp - 1 {
      weights.common += model.headParameters / tp
      // A tied head on another stage than the embedding is a second copy of it.
      if model.tiedEmbeddings, plan.pp > 1 {
        weights.common += Double(model.vocabulary ?? 0) * Double(model.hidden) / tp
      }
    }
    return weights
  }
}
