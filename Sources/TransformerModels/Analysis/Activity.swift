internal import GEMMTiming

/// What a GPU, its links or its host do for a time.
///
/// The raw value names it in style sheets, traces and tables.
public enum Activity: String, Sendable, CaseIterable {
  /// Matrix multiplications.
  case product
  /// Fused attention.
  case attention
  /// Norms, softmax, activations, residuals and other passes over memory.
  case memory
  /// Exchanges within a tensor-parallel group.
  case tensor
  /// Exchanges between the GPUs that share a sequence.
  case context
  /// Exchanges of tokens between GPUs that share the experts out.
  case expert
  /// Sends between stages.
  case pipeline
  /// Exchanges between replicas.
  case data
  /// The host's launching, where GPUs wait for it.
  case launch
  /// Nothing: waiting for other stages.
  case bubble

  /// What an operation is.
  public init(_ operation: LayerOperation) {
    switch operation.operation {
    case .gemm: self = .product
    case .attention: self = .attention
    case .memory: self = .memory
    case .communication:
      switch operation.role.stream {
      case .pipeline: self = .pipeline
      case .data: self = .data
      case .expert: self = .expert
      case .context: self = .context
      default: self = .tensor
      }
    case .none: self = .launch
    }
  }

  /// Whether GPUs exchange something.
  public var isCommunication: Bool {
    switch self {
    case .tensor, .context, .expert, .pipeline, .data: true
    case .product, .attention, .memory, .launch, .bubble: false
    }
  }
}
