internal import GEMMTiming
internal import TransformerModels

/// What a GPU or its links do during a stretch of time: the colours of a timeline and the categories of a trace.
///
/// The raw value names the kind in style sheets and traces.
enum ActivityKind: String, CaseIterable {
  case product, attention, memory, tensor, expert, pipeline, data, launch, mixed

  /// The kind of an operation that takes time.
  init(_ operation: LayerOperation) {
    switch operation.operation {
    case .gemm: self = .product
    case .attention: self = .attention
    case .memory: self = .memory
    case .communication:
      switch operation.role {
      case .sendStage: self = .pipeline
      case .gradientReduce, .weightGather, .embeddingGradientReduce, .expertGradientReduce, .expertWeightGather:
        self = .data
      case .expertDispatch, .expertCombine: self = .expert
      default: self = .tensor
      }
    case .none: self = .launch
    }
  }

  /// Its name in a legend.
  var title: String {
    switch self {
    case .product: "matrix products"
    case .attention: "fused attention"
    case .memory: "passes over memory"
    case .tensor: "tensor-parallel exchange"
    case .expert: "tokens to experts and back"
    case .pipeline: "sends between stages"
    case .data: "exchange between replicas"
    case .launch: "launching by the host"
    case .mixed: "other"
    }
  }
}

extension PipelineCell.Kind {
  /// The pass in words.
  var title: String {
    switch self {
    case .forward: "forward"
    case .backward: "backward"
    case .weightGradient: "weight gradient"
    case .update: "update"
    }
  }
}
