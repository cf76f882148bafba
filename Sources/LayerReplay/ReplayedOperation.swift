internal import TransformerModels

/// The operations that are run here, by the names of the DAG's.
///
/// Whatever else a block tells has no name here, and is refused.
enum ReplayedOperation: String, CaseIterable {
  case firstNorm = "ln1"
  case attentionInput = "qkv_split"
  /// Queries, keys and values in one product, or in three.
  case queryKeyValue = "qkv_linear"
  case query = "q_linear"
  case key = "k_linear"
  case value = "v_linear"
  case rotary = "rope"
  case score = "attn_score"
  case softmax = "attn_weights"
  case weightedSum = "attn_out"
  case headGather = "attn_gather"
  case projectionInput = "attn_proj_split"
  case projection = "attn_proj"
  case attentionReduction = "attn_allreduce"
  case firstResidual = "res1"
  case secondNorm = "ln2"
  case mlpInput = "mlp1_split"
  case router = "mlp_router"
  case expertChoice = "mlp_topk"
  case permute = "mlp_permute"
  case up = "mlp1"
  case gelu
  case relu
  case silu
  case squaredReLU = "relu2"
  /// The pass of every gated MLP, whatever its non-linearity.
  case gate = "swiglu"
  case down = "mlp2"
  case unpermute = "mlp_unpermute"
  case mlpReduction = "mlp_allreduce"
  case secondResidual = "res2"
}

extension LayerOperation {
  /// What it is here; nil for an operation that is not run.
  var replayed: ReplayedOperation? { ReplayedOperation(rawValue: name) }
}

extension LayerGraph {
  /// The forward pass's operation of that name; nil where there is none.
  func operation(_ name: ReplayedOperation) -> LayerOperation? { forward.first { $0.replayed == name } }
}
