/// Weights that one GPU holds when replicas share none of them, by how many replicas hold the same ones.
struct RankWeights: Hashable, Sendable {
  /// Weights that all replicas hold alike.
  var common = 0.0
  /// Of them those that are no linear layer's: norms, embedding and head, which keep the activations' type.
  var plain = 0.0
  /// Weights of the GPU's own experts, of which there are other replicas; counted in `common` without expert parallelism.
  var experts = 0.0

  var total: Double { common + experts }

  /// The weights that are left to each replica when those that hold the same ones divide them.
  func share(dividedIn plan: ParallelPlan) -> RankWeights {
    RankWeights(
      common: common / Double(plan.replicas), plain: plain / Double(plan.replicas),
      experts: experts / Double(plan.expertReplicas))
  }

  /// Bytes of weights whose linear layers take `linear` bytes each, and all others `plain`.
  func bytes(linear: Double, plain size: Double) -> Double { (common - plain + experts) * linear + plain * size }

  static func + (a: RankWeights, b: RankWeights) -> RankWeights {
    RankWeights(common: a.common + b.common, plain: a.plain + b.plain, experts: a.experts + b.experts)
  }

  static func - (a: RankWeights, b: RankWeights) -> RankWeights {
    RankWeights(
      common: max(0, a.common - b.common), plain: max(0, a.plain - b.plain), experts: max(0, a.experts - b.experts))
  }

  static func * (factor: Double, a: RankWeights) -> RankWeights {
    RankWeights(common: factor * a.common, plain: factor * a.plain, experts: factor * a.experts)
  }
}
