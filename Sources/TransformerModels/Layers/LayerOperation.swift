public import GEMMTiming

/// One operation of a layer on one GPU for one micro-batch: a template that every layer and micro-batch shares.
public struct LayerOperation: Hashable, Sendable {
  /// Where in a step an operation stands.
  ///
  /// The raw value ends its node's name.
  public enum Phase: String, Sendable, CaseIterable {
    case forward = ""
    /// Forward work done again before the backward pass.
    case recompute = "_recompute"
    /// A backward operation that is no GEMM.
    case backward = "_backward"
    /// The gradient by the input of a GEMM.
    case inputGradient = "_dgrad"
    /// The gradient by the weight of a GEMM (by the other operand, where none is a weight).
    case weightGradient = "_wgrad"
  }

  /// What the operation is for.
  public let role: OperationRole
  /// Where in a step it stands.
  public let phase: Phase
  /// What is asked of the time model.
  public let operation: GEMMTiming.Operation
  /// The operations of the same list that must be done before; ``entry`` stands for what the layer receives.
  public let dependencies: [Int]
  /// How many times the operation's time is spent: 1 but where no operation of its own describes the work, as of a
  /// number of experts that is no whole one.
  public let repeats: Double
  /// Whether the operation is a part of the gradient of a weight, on which nothing in its layer waits.
  public let isWeightGradient: Bool
  /// Bytes in which an element of a product's weight is stored; nil where that is the product's own type.
  public let weightSize: Double?
  /// Whether it multiplies with experts' weights, which are cut over GPUs of their own number.
  public let isOfExperts: Bool

  /// The position that stands for what a layer receives.
  public static let entry = -1

  init(
    _ role: OperationRole, _ phase: Phase = .forward, _ operation: GEMMTiming.Operation, after dependencies: [Int],
    repeats: Double = 1, isWeightGradient: Bool = false, weightSize: Double? = nil,
    isOfExperts: Bool = false
  ) {
    self.role = role
    self.phase = phase
    self.operation = operation
    self.dependencies = dependencies
    self.repeats = repeats
    self.isWeightGradient = isWeightGradient
    self.weightSize = weightSize
    self.isOfExperts = isOfExperts
  }

  /// `q_linear`, `mlp2_dgrad`.
  public var name: String { role.rawValue + phase.rawValue }

  /// The shape of a GEMM as it is costed: batched where it is; nil for other operations.
  public var shape: GEMMShape? {
    if case .gemm(let shape, _, _) = operation { return shape }
    return nil
  }

  /// The element type of a GEMM or of attention; nil for other operations.
  public var dataType: DataType? {
    switch operation {
    case .gemm(_, let type, _), .attention(_, let type): type
    case .memory, .communication, .none: nil
    }
  }

  /// What the operands of a GEMM are; nil for other operations.
  public var productRole: ProductRole? {
    if case .gemm(_, _, let role) = operation { return role }
    return nil
  }

  /// The shape as the reference document prints it: a batched GEMM flattened to batch·m rows.
  ///
  /// Its flops are those of ``shape``; its bytes are not, because the batch's B matrices count as one.
  public var printedShape: GEMMShape? {
    guard let shape else { return nil }
    let (rows, overflow) = shape.m.multipliedReportingOverflow(by: shape.batch)
    return overflow ? shape : (try? GEMMShape(m: rows, k: shape.k, n: shape.n)) ?? shape
  }

  /// Floating-point operations of a product or of fused attention; 0 for everything else.
  public var flops: Double {
    switch operation {
    case .gemm(let shape, _, _): repeats * shape.flops
    case .attention(let shape, _): repeats * shape.flops
    case .memory, .communication, .none: 0
    }
  }
}
