/// What an operation is for: a name, and how the operation stands in a layer.
///
/// Each block declares the roles of its own operations. Roles of equal names are equal.
public struct OperationRole: Sendable {
  /// The part of a layer that an operation belongs to.
  public enum Component: String, Sendable, CaseIterable {
    case attention, mlp
    /// A recurrence over the sequence in attention's place.
    case recurrence
  }

  /// The parts into which a path prints a layer at the level of blocks: `layer1_ln1 → layer1_qkv → …`.
  public enum Block: String, Sendable, CaseIterable {
    case norm = "ln1"
    case projections = "qkv"
    case attention = "attn"
    case recurrence = "ssm"
    case mlp
  }

  /// How tensor parallelism cuts an operation.
  public enum Parallelism: String, Sendable {
    /// The weight is split along its output dimension.
    case column
    /// The weight is split along its input dimension.
    case row
    case heads
  }

  /// The end of its node's name: `layer0_` + `q_linear`.
  public let rawValue: String
  /// The part of a layer; nil outside the layers.
  public let block: Block?
  /// How tensor parallelism cuts the operation, for products.
  public let parallelism: Parallelism?
  /// The name in prose, for the operations that have one: `Query Linear Projection`.
  public let title: String?
  /// The stream that an exchange between GPUs has to itself.
  let stream: Stream
  /// Whether a layer's weight gradients are complete when the operation is done.
  let isGradientSum: Bool

  init(
    _ rawValue: String, _ block: Block? = nil, _ parallelism: Parallelism? = nil, title: String? = nil,
    stream: Stream = .tensor, isGradientSum: Bool = false
  ) {
    self.rawValue = rawValue
    self.block = block
    self.parallelism = parallelism
    self.title = title
    self.stream = stream
    self.isGradientSum = isGradientSum
  }

  /// The component of a layer; nil outside the layers.
  public var component: Component? {
    switch block {
    case nil: nil
    case .mlp: .mlp
    case .recurrence: .recurrence
    case .norm, .projections, .attention: .attention
    }
  }
}

extension OperationRole: Hashable {
  /// Roles are told apart by their names.
  public static func == (a: OperationRole, b: OperationRole) -> Bool { a.rawValue == b.rawValue }

  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}
