internal import TransformerModels

extension Activity {
  /// Its name in legends and tables.
  var title: String {
    switch self {
    case .product: "matrix products"
    case .attention: "fused attention"
    case .memory: "passes over memory"
    case .tensor: "tensor-parallel exchange"
    case .context: "context-parallel exchange"
    case .expert: "tokens to experts and back"
    case .pipeline: "sends between stages"
    case .data: "exchange between replicas"
    case .launch: "launching by the host"
    case .bubble: "bubble"
    }
  }

  /// The name in narrow columns.
  var shortTitle: String {
    switch self {
    case .product: "products"
    case .attention: "attention"
    case .memory: "memory passes"
    case .tensor: "tensor-par."
    case .context: "context-par."
    case .expert: "expert-par."
    case .pipeline: "pipeline"
    case .data: "data-par."
    case .launch: "launching"
    case .bubble: "bubble"
    }
  }
}

extension Activity? {
  /// The class of its boxes in pictures; of several activities drawn as one, a class of their own.
  var style: String { self?.rawValue ?? "mixed" }

  /// All that pictures draw, in the order of the colours.
  static var drawn: [Activity?] { Activity.allCases.filter { $0 != .bubble } + [nil] }
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
