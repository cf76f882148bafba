internal import GEMMTiming

/// Two linear layers with a non-linearity between them, gated or not.
public struct DenseMLP: Hashable, Sendable {
  /// The non-linearity between the two linear layers.
  public enum Activation: String, Sendable, CaseIterable {
    case gelu, relu, silu
    /// The square of ReLU (So et al., *Primer*, arXiv 2109.08668).
    case squaredReLU = "relu2"
  }

  /// Elements between the two linear layers.
  public let width: Int
  /// Whether the activated projection multiplies a second one (Shazeer, *GLU Variants*, arXiv 2002.05202).
  public let isGated: Bool
  /// The non-linearity.
  public let activation: Activation
  /// Whether the linear layers have biases.
  public var hasBias = false

  init(width: Int, isGated: Bool, activation: Activation, hasBias: Bool = false) {
    (self.width, self.isGated, self.activation, self.hasBias) = (width, isGated, activation, hasBias)
  }

  /// Products side by side that make the first linear layer's output.
  var gates: Int { isGated ? 2 : 1 }

  /// The role of the pass between the linear layers.
  var activationRole: OperationRole {
    if isGated { return .swiglu }
    return switch activation {
    case .gelu: .gelu
    case .relu: .relu
    case .silu: .silu
    case .squaredReLU: .squaredReLU
    }
  }

  var activationKind: MemoryTraffic.Kind { isGated ? .swiglu : .gelu }
}

extension DenseMLP: LayerBlock {
  var component: OperationRole.Component { .mlp }

  var summary: [(name: String, value: String)] { [("FFN Hidden Size", "\(width)" + (isGated ? ", gated" : ""))] }

  func validate(_ plan: ParallelPlan, options: StepOptions) throws(ModelError) -> [PlanNote] {
    try plan.checkTensorParallelism(cuts: width, "ffn")
    return []
  }

  func forward(_ input: LayerTensor, in builder: inout LayerBuilder) throws(ModelError) -> LayerTensor {
    try forward(builder.view(.mlpSplit, input), .up, activationRole, .down, in: &builder)
  }

  /// The same under other names.
  func forward(
    _ input: LayerTensor, _ upRole: OperationRole, _ activationRole: OperationRole, _ downRole: OperationRole,
    in builder: inout LayerBuilder
  ) throws(ModelError) -> LayerTensor {
    let (hidden, inside) = (builder.setting.hidden, width / builder.setting.plan.tp)
    let up = try builder.weight(
      hidden, gates * width, rankColumns: gates * inside, cut: .columns, bias: hasBias)
    let activated = try builder.together { (builder) throws(ModelError) in
      let wide = try builder.product(upRole, input, up)
      return builder.pass(
        activationRole, activationKind, [wide], elements: Double(builder.setting.tokens) * Double(inside))
    }
    let down = try builder.weight(width, hidden, rankRows: inside, cut: .rows, bias: hasBias)
    return try builder.product(downRole, activated, down)
  }
}

extension OperationRole {
  static let mlpSplit = OperationRole("mlp1_split", .mlp)
  static let up = OperationRole("mlp1", .mlp, .column, title: "MLP Linear1 (Up-projection)")
  static let gelu = OperationRole("gelu", .mlp)
  static let relu = OperationRole("relu", .mlp)
  static let silu = OperationRole("silu", .mlp)
  static let squaredReLU = OperationRole("relu2", .mlp)
  static let swiglu = OperationRole("swiglu", .mlp)
  static let down = OperationRole("mlp2", .mlp, .row, title: "MLP Linear2 (Down-projection)")
}
