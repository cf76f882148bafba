internal import GEMMTiming
internal import TaskGraphs
internal import TransformerModels

// What the figures say: every finding is computed from this step.
extension RuntimeReport {
  var observations: Document.Section {
    let totals = estimate.totals
    let nodes = estimate.criticalPath.tasks
    var points = [
      "Longest path: \(estimate.model.layers) sequential transformer layers, \(nodes.count) nodes, "
        + "\(Quantity.time(totals.criticalPath.seconds)).",
      "Parallelism: \(estimate.plan.tp)-way tensor parallelism within each layer"
        + (analysis.tensorScaling.map { " shortens it \(Quantity.factor($0.single / $0.parallel)) over one GPU" } ?? "")
        + ".",
    ]
    if let bottleneck = analysis.bottleneck {
      let slowest = totals.document.slowest
      points.append(
        "Bottleneck: \(bottleneck.role.rawValue), \(Quantity.percent(bottleneck.share)) of a layer's time, "
          + "\(bottleneck.bound.rawValue) bound"
          + (bottleneck.role == slowest.operation.role
            ? "; it is also the largest matrix multiplication."
            : "; the largest matrix multiplication, \(slowest.operation.name), takes "
              + "\(Quantity.percent(share(of: slowest.operation.role)))."))
    }
    let shares = Activity.allCases.filter { !$0.isCommunication && analysis.chain[$0] > 0 }.map {
      "\(Quantity.percent(part(analysis.chain[$0]))) \($0.title)"
    }
    points.append(
      "Share of the schedule's chain: "
        + (shares + ["\(Quantity.percent(analysis.communicationShare)) communication"]).joined(separator: ", ") + ".")
    points.append(duplication)
    return .init("Key Observations", [.list(points)])
  }

  /// Whether work is done more than once over the ranks: the flops say.
  private var duplication: String {
    let flops = analysis.flops
    let accounted = estimate.plan.sharding == .documented ? flops.documented : flops.megatron
    let ratio = accounted / flops.whole
    let verdict =
      abs(ratio - 1) < 1e-9
      ? "no matrix multiplication is duplicated, and none is missing"
      : ratio > 1 ? "some work is done by several ranks" : "some work is missing"
    return "Duplication: \(estimate.plan.tp == 1 ? "one rank does" : "all \(estimate.plan.tp) ranks together do") "
      + "\(Quantity.work(accounted)) a layer, "
      + "\(Quantity.percent(ratio)) of the unsharded layer's \(Quantity.work(flops.whole)): \(verdict)."
  }

  var characteristics: Document.Section {
    var points: [String] = []
    let worst = memory.worst
    var efficiency = "Memory efficiency: \(Quantity.bytes(worst.total)) a GPU"
    if let single = memory.withoutTensorParallelism, estimate.plan.tp > 1 {
      efficiency +=
        " instead of \(Quantity.bytes(single.total)) without tensor parallelism, "
        + "\(Quantity.factor(single.total / worst.total)) less with \(Quantity.counted(estimate.plan.tp, "GPU"))"
    }
    points.append(efficiency + ".")
    if let scaling = analysis.tensorScaling, scaling.tp > 1 {
      points.append(
        "Compute efficiency: a layer takes \(Quantity.time(scaling.parallel)) on \(scaling.tp) GPUs and "
          + "\(Quantity.time(scaling.single)) on one, a scaling efficiency of \(Quantity.percent(scaling.efficiency)) "
          + "under the Megatron sharding.")
    }
    if let utilization = analysis.utilization {
      points.append(
        "Utilization: the model's arithmetic takes \(Quantity.percent(utilization)) of what the GPUs could do in that time. "
          + scoresConvention)
    }
    points.append(
      "Communication overhead: \(Quantity.percent(analysis.communicationShare)) of the schedule's chain, "
        + "\(Quantity.time(analysis.chain[.tensor])) tensor-parallel, "
        + (estimate.plan.cp > 1
          ? "\(Quantity.time(analysis.chain[.context])) context-parallel, " : "")
        + (estimate.plan.ep > 1
          ? "\(Quantity.time(analysis.chain[.expert])) expert-parallel, " : "")
        + "\(Quantity.time(analysis.chain[.pipeline])) pipeline"
        + (estimate.plan.dp > 1 ? ", \(Quantity.time(analysis.chain[.data])) data-parallel" : "") + "."
    )
    points.append(
      "Pipeline efficiency: stages idle \(Quantity.percent(analysis.bubble)) of the time on average and "
        + "\(Quantity.percent(analysis.worstBubble)) at worst; uniform stages with free sends would idle "
        + "\(Quantity.percent(analysis.uniformBubble)) with \(Quantity.counted(estimate.plan.microBatches, "micro-batch")) on "
        + "\(Quantity.counted(estimate.plan.pp, "stage")).")
    return .init("Expected Performance Characteristics", [.list(points)])
  }

  /// Which of attention's scores count as the model's arithmetic.
  private var scoresConvention: String {
    guard estimate.options.attention == .fused else {
      return "All of attention's scores count, as its products compute them."
    }
    let more = analysis.creditOfAllScores
    return "Of attention's scores those up to the diagonal count, as its causal kernel computes them"
      + (more > 0.0005
        ? "; counting all, as PaLM's definition of MFU does, would credit \(Quantity.percent(more)) more." : ".")
  }

  private func share(of role: OperationRole) -> Double { analysis.shares.first { $0.role == role }?.share ?? 0 }

  private func part(_ seconds: Double) -> Double {
    analysis.chain.total > 0 ? seconds / analysis.chain.total : 0
  }
}
