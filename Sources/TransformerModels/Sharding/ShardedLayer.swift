internal import GEMMTiming

/// The operations of one layer on one of tp GPUs for one micro-batch.
///
/// All layers and micro-batches share them, so a step keeps one copy.
public struct ShardedLayer: Hashable, Sendable {
  /// The forward pass in an order that respects the dependencies.
  public let forward: [LayerOperation]

  /// The backward pass, in an order that respects the dependencies; recomputation comes first where it is full.
  ///
  /// ``LayerOperation/entry`` stands for the gradient of the layer's output; the last operation gives that of its
  /// input. Empty unless the step trains.
  public let backward: [LayerOperation]

  /// Cuts a layer of `model` as `plan` says.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model or a shape is out of range.
  public init(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions()
  ) throws(ModelError) {
    try plan.validate(model, options: options)
    let sizes = try LayerSizes(model: model, plan: plan, options: options)
    var forward = OperationList()
    try sizes.appendAttention(to: &forward)
    try sizes.appendMLP(to: &forward)
    self.forward = forward.operations
    var backward = OperationList()
    if options.work == .training { try sizes.appendBackward(of: forward.operations, to: &backward) }
    self.backward = backward.operations
  }

  /// The GEMMs of the forward pass in the document's order.
  public var gemms: [LayerOperation] { forward.filter { $0.shape != nil } }

  /// Floating-point operations of the forward pass's GEMMs and fused attention on one GPU for one micro-batch.
  public var forwardFlops: Double { forward.reduce(0) { $0 + $1.flops } }
}

extension LayerOperation {
  /// Floating-point operations of a GEMM or fused attention; 0 for everything else.
  public var flops: Double {
    switch operation {
    case .gemm(let shape, _, _): repeats * shape.flops
    case .attention(let shape, _): repeats * shape.flops
    case .memory, .communication, .none: 0
    }
  }
}

/// Operations in the making: each is added after those it depends on.
struct OperationList {
  private(set) var operations: [LayerOperation] = []

  /// Adds an operation and returns its position.
  mutating func add(
    _ role: OperationRole, _ operation: GEMMTiming.Operation, after dependencies: [Int],
    phase: LayerOperation.Phase = .forward, repeats: Double = 1
  ) -> Int {
    operations.append(LayerOperation(role, phase, operation, after: dependencies, repeats: repeats))
    return operations.count - 1
  }
}
