internal import GEMMTiming

/// The operations of one layer on one GPU for one micro-batch, and all that follows from them.
///
/// A block tells the forward pass; the backward pass, weights, memory and flops are derived. Equal layers and all
/// micro-batches share one graph.
public struct LayerGraph: Sendable {
  let setting: LayerSetting
  /// The forward pass in an order that respects the dependencies.
  public let forward: [LayerOperation]

  /// The backward pass, in an order that respects the dependencies; recomputation comes first where it is full.
  ///
  /// ``LayerOperation/entry`` stands for the gradient of the layer's output; the last operation gives that of its
  /// input. Empty unless the step trains.
  public let backward: [LayerOperation]

  /// What a rank holds of the layer.
  let weights: LayerWeights
  /// What it keeps of earlier positions.
  let caches: [LayerCache]
  /// What a forward pass keeps for its backward pass, and all that one layer has while its backward pass runs.
  let kept, whole: ActivationMemory
  /// The same by operation; empty unless the step trains.
  let keptTensors: [KeptTensors]
  /// Elements alive at the widest point of a forward pass alone.
  let widest: (scores: Double, others: Double)

  /// The first layer of `model`, cut as `plan` says.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model or a shape is out of range.
  public init(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions()
  ) throws(ModelError) {
    try plan.validate(model, options: options)
    guard let first = model.stack.kinds.first else { throw .notPositive(name: "layers", value: 0) }
    try self.init(first, LayerSetting(model: model, plan: plan, options: options))
  }

  /// A layer under a setting.
  init(_ layer: TransformerLayer, _ setting: LayerSetting) throws(ModelError) {
    var builder = LayerBuilder(setting)
    var stream = builder.input()
    for branch in layer.branches { stream = try builder.branch(branch, stream) }
    self.setting = setting
    forward = builder.operations
    caches = builder.caches
    weights = LayerWeights(builder)
    backward =
      setting.options.work == .training
      ? try LayerDerivative(builder).operations : []
    (kept, whole) = builder.activations
    keptTensors = setting.options.work == .training ? builder.keptTensors : []
    widest = builder.widestPoint
  }

  /// The products of the forward pass in the blocks' order.
  public var gemms: [LayerOperation] { forward.filter { $0.shape != nil } }

  /// Floating-point operations of the forward pass's products and fused attention on one GPU for one micro-batch.
  public var forwardFlops: Double { forward.reduce(0) { $0 + $1.flops } }

  /// Those of products of activations with each other: scores and weighted sums.
  var attentionFlops: Double {
    forward.reduce(0) { $0 + ($1.role.parallelism == .heads ? $1.flops : 0) }
  }
}

/// Parameters of a layer: of the whole, of what a token passes through, and of what one GPU holds.
struct LayerWeights: Hashable, Sendable {
  var parameters = 0.0
  var active = 0.0
  var rank = RankWeights()

  init() {}

  /// What blocks told; experts that replicas do not share out count as any other weights.
  init(_ builder: LayerBuilder) {
    for (_, matrix) in builder.weights {
      parameters += matrix.parameters
      active += matrix.activeParameters
      if matrix.isExpert, builder.setting.plan.ep > 1 {
        rank.experts += matrix.rankParameters
      } else {
        rank.common += matrix.rankParameters
        if matrix.isPlain { rank.plain += matrix.rankParameters }
      }
    }
    for vector in builder.vectors {
      parameters += vector.parameters
      active += vector.parameters
      rank.common += vector.rankParameters
      rank.plain += vector.rankParameters
    }
  }
}
