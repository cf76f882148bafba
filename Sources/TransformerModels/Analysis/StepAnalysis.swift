public import GEMMTiming

/// What a forecast says about a step: figures for findings, without words.
public struct StepAnalysis: Sendable {
  /// A role's part of a layer's time; of unequal layers of their mean.
  public struct Share: Hashable, Sendable {
    /// What the operation is for.
    public let role: OperationRole
    /// Seconds of one layer and micro-batch, forward and backward.
    public let seconds: Double
    /// Of all operations of the layer, in 0...1.
    public let share: Double
    /// What limits it; of several operations the longest.
    public let bound: TimePrediction.Bound
  }

  /// How a layer's time falls with tensor parallelism, under the Megatron sharding: it does the whole work.
  public struct TensorScaling: Hashable, Sendable {
    /// The tensor-parallel degree.
    public let tp: Int
    /// Seconds of one layer and micro-batch on one GPU, had it the memory.
    public let single: Double
    /// Seconds on tp GPUs.
    public let parallel: Double
    /// single / (tp · parallel): 1 is perfect.
    public var efficiency: Double { parallel > 0 ? single / (Double(tp) * parallel) : 0 }
  }

  /// Floating-point operations of one layer's products for the whole batch, as two shardings account for them; of
  /// unequal layers the mean.
  public struct FlopsAudit: Hashable, Sendable {
    /// Of the unsharded layer: linear layers, and scores with the weighted sum.
    public let linear: Double
    /// Scores and weighted sum of the unsharded layer: below the diagonal only where attention is fused, as the kernel
    /// does them.
    public let attention: Double
    /// The same with every score of every head.
    public let allScores: Double
    /// What all tp ranks do under the Megatron sharding.
    public let megatron: Double
    /// What all tp ranks do with the reference document's shapes.
    public let documented: Double

    /// Of the unsharded layer.
    public var whole: Double { linear + attention }
  }

  /// The roles of a layer, the longest first.
  public let shares: [Share]
  /// Where the seconds of the schedule's chain go.
  public let chain: Expenses
  /// nil where one GPU alone is no legal plan for the device.
  public let tensorScaling: TensorScaling?
  /// What two shardings account for.
  public let flops: FlopsAudit
  /// The idle part of the makespan, averaged over the stages, in 0...1.
  public let bubble: Double
  /// The same of the stage that idles most.
  public let worstBubble: Double
  /// What uniform stages and free sends would give: (pp − 1)/(v·m + pp − 1).
  public let uniformBubble: Double
  /// The model's floating-point operations over what all GPUs could do in the makespan; nil without a known peak.
  ///
  /// Attention is credited with the scores that its kernels compute: below the diagonal where it is fused, else all; the
  /// reference document's shapes with what they account for. So no step exceeds 1.
  public let utilization: Double?
  /// How much more arithmetic would be credited if every score counted, as a fraction.
  ///
  /// The definition of model FLOPs utilization does so (Chowdhery et al., *PaLM*, arXiv 2204.02311, appendix B).
  public let creditOfAllScores: Double

  /// The longest operation of a layer.
  public var bottleneck: Share? { shares.first }

  /// Communication's part of the schedule's chain, in 0...1.
  public var communicationShare: Double {
    chain.total > 0 ? chain.communication / chain.total : 0
  }

  /// Draws the figures from a forecast.
  ///
  /// - Throws: ``ModelError`` as the forecast does.
  public init(_ estimate: StepEstimate, timeModel: any GEMMTimeModel) throws(ModelError) {
    shares = Self.shares(of: estimate.kinds)
    chain = estimate.chainExpenses
    tensorScaling = try Self.scaling(estimate, timeModel: timeModel)
    let flops = try FlopsAudit(
      model: estimate.model, plan: estimate.plan, work: estimate.options.work, attention: estimate.options.attention)
    self.flops = flops
    let makespan = estimate.schedule.makespan
    let idle = estimate.schedule.idle
    let stages = Double(estimate.plan.pp)
    bubble = makespan > 0 ? idle.reduce(0, +) / (stages * makespan) : 0
    worstBubble = makespan > 0 ? (idle.max() ?? 0) / makespan : 0
    let slots = Double(estimate.plan.microBatches) * Double(estimate.options.chunks)
    uniformBubble = (stages - 1) / (slots + stages - 1)
    let layer = estimate.plan.sharding == .documented ? flops.documented : flops.whole
    let done = Self.modelFlops(estimate, layer: layer)
    let ofAllScores = Self.modelFlops(estimate, layer: layer + flops.allScores - flops.attention)
    creditOfAllScores = done > 0 ? ofAllScores / done - 1 : 0
    utilization = timeModel.peakFlops(estimate.plan.dtype).flatMap { peak in
      makespan > 0 && peak > 0 ? done / (peak * Double(estimate.plan.gpus) * makespan) : nil
    }
  }

  private static func shares(of kinds: [CostedLayer]) -> [Share] {
    let layers = Double(kinds.reduce(0) { $0 + $1.count })
    var total = 0.0
    var order: [OperationRole] = []
    var sums: [OperationRole: (seconds: Double, longest: TimePrediction)] = [:]
    for kind in kinds {
      let part = Double(kind.count) / layers
      for operation in kind.forward + kind.backward where operation.operation.operation != .none {
        let (role, prediction) = (operation.operation.role, operation.prediction)
        total += part * prediction.seconds
        if let sum = sums[role] {
          sums[role] = (
            sum.seconds + part * prediction.seconds,
            prediction.seconds > sum.longest.seconds ? prediction : sum.longest
          )
        } else {
          order.append(role)
          sums[role] = (part * prediction.seconds, prediction)
        }
      }
    }
    return order.compactMap { role in
      sums[role].map {
        Share(
          role: role, seconds: $0.seconds, share: total > 0 ? $0.seconds / total : 0, bound: $0.longest.bound)
      }
    }
    .sorted { $0.seconds > $1.seconds }
  }

  private static func scaling(
    _ estimate: StepEstimate, timeModel: any GEMMTimeModel
  ) throws(ModelError) -> TensorScaling? {
    guard let plan = try? estimate.plan.with(tp: 1, etp: 1, sharding: .megatron) else { return nil }
    var costs = OperationCosts(timeModel)
    var options = estimate.options
    options.sequenceParallel = false
    var seconds: [Double] = []
    let sharded = try estimate.plan.with(sharding: .megatron)
    for (plan, options) in [(plan, options), (sharded, estimate.options)] {
      var sum = 0.0
      for kind in try ShardedModel(model: estimate.model, plan: plan, options: options).costed(by: &costs) {
        sum += Double(kind.count) * kind.forward.reduce(0) { $0 + $1.prediction.seconds }
      }
      seconds.append(sum / Double(estimate.model.layers))
    }
    return TensorScaling(tp: sharded.tp, single: seconds[0], parallel: seconds[1])
  }

  /// Flops that the step is for: recomputed and replicated work does not count, the backward pass counts twice.
  private static func modelFlops(_ estimate: StepEstimate, layer: Double) -> Double {
    let model = estimate.model
    let positions = estimate.options.work == .decode ? 1 : estimate.plan.sequence
    let tokens = Double(estimate.plan.batch) * Double(positions)
    let logits = estimate.options.work == .prefill ? Double(estimate.plan.batch) : tokens
    let head =
      2 * logits * Double(model.hidden) * Double(model.headColumns ?? 0) * Double(1 + model.ends.furtherHeads)
    return (Double(model.layers) * layer + head) * (estimate.options.work == .training ? 3 : 1)
  }
}

extension StepAnalysis.FlopsAudit {
  /// Accounts for one layer and the whole batch.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model.
  public init(
    model: ModelConfiguration, plan: ParallelPlan, work: StepOptions.Work = .forward,
    attention: StepOptions.Attention = .unfused
  ) throws(ModelError) {
    let options = StepOptions(work: work == .decode ? .decode : .forward, attention: attention)
    let copies = Double(plan.microBatches) * Double(plan.replicas)
    let layers = Double(model.layers)
    func allRanks(_ plan: ParallelPlan) throws(ModelError) -> (linear: Double, attention: Double) {
      let sharded = try ShardedModel(model: model, plan: plan, options: options)
      let scale = copies * Double(plan.tp) / layers
      var (all, attention) = (0.0, 0.0)
      for (count, graph) in zip(model.stack.counts, sharded.graphs) {
        all += Double(count) * scale * graph.forwardFlops
        attention += Double(count) * scale * graph.attentionFlops
      }
      return (all - attention, attention)
    }
    let queries = Double(plan.batch) * Double(work == .decode ? 1 : plan.sequence)
    let widths = zip(model.stack.counts, model.stack.kinds).reduce(0) { $0 + Double($1.0) * $1.1.scoreWidth }
    allScores = 2 * queries * Double(plan.sequence) * widths / layers
    (linear, self.attention) = try allRanks(try plan.ofWholeLayers)
    let megatron = try allRanks(try plan.with(sharding: .megatron))
    let documented = try allRanks(try plan.with(sharding: .documented))
    self.megatron = megatron.linear + megatron.attention
    self.documented = documented.linear + documented.attention
  }
}
