/// What an operation is for.
///
/// The raw value is the end of its node's name: `layer0_` + `q_linear`.
public enum OperationRole: String, Sendable, CaseIterable {
  case ln1
  case attentionGather = "attn_allgather"
  case qkvSplit = "qkv_split"
  case query = "q_linear"
  case key = "k_linear"
  case value = "v_linear"
  case rotary = "rope"
  case score = "attn_score"
  case softmax = "attn_weights"
  case attentionDropout = "attn_dropout"
  case attentionOutput = "attn_out"
  case fusedAttention = "attn_fused"
  case headGather = "attn_gather"
  case projectionSplit = "attn_proj_split"
  case projection = "attn_proj"
  case attentionAllReduce = "attn_allreduce"
  case attentionReduceScatter = "attn_reducescatter"
  case residual1 = "res1"
  case ln2
  case mlpGather = "mlp_allgather"
  case mlpSplit = "mlp1_split"
  case router = "mlp_router"
  case expertChoice = "mlp_topk"
  case permute = "mlp_permute"
  case expertDispatch = "mlp_dispatch"
  case up = "mlp1"
  case gelu, relu, silu, swiglu
  case down = "mlp2"
  case expertCombine = "mlp_combine"
  case unpermute = "mlp_unpermute"
  case mlpAllReduce = "mlp_allreduce"
  case mlpReduceScatter = "mlp_reducescatter"
  case residual2 = "res2"
  case attentionBiasGradient = "attn_bias"
  case attentionGradientSum = "attn_gradient_sum"
  case mlpBiasGradient = "mlp_bias"
  case mlpGradientSum = "mlp_gradient_sum"
  case dispatch
  // Outside the layers.
  case input
  case broadcast = "broadcast_0"
  case embedding
  case embeddingAllReduce = "embedding_allreduce"
  case embeddingReduceScatter = "embedding_reducescatter"
  case sendLayer = "send_layer"
  case sendStage = "send_stage"
  case receiveStage = "receive_stage"
  case finalNorm = "final_norm"
  case headAllGather = "lm_head_allgather"
  case headAllReduce = "lm_head_allreduce"
  case head = "lm_head"
  case loss
  case embeddingGradientReduce = "embedding_gradient_reduce"
  case gradientReduce = "gradient_reduce"
  case weightGather = "weight_allgather"
  case expertGradientReduce = "expert_gradient_reduce"
  case expertWeightGather = "expert_weight_allgather"
  case optimizer
  case output

  /// The half of a layer that an operation belongs to.
  public enum Component: String, Sendable, CaseIterable { case attention, mlp }

  /// The parts into which a path prints a layer at the level of blocks: `layer1_ln1 → layer1_qkv → …`.
  public enum Block: String, Sendable, CaseIterable {
    case norm = "ln1"
    case projections = "qkv"
    case attention = "attn"
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

  /// The part of a layer; nil outside the layers.
  public var block: Block? {
    switch self {
    case .ln1: .norm
    case .attentionGather, .qkvSplit, .query, .key, .value: .projections
    case .rotary, .score, .softmax, .attentionDropout, .attentionOutput, .fusedAttention, .headGather, .projectionSplit,
      .projection, .attentionAllReduce, .attentionReduceScatter, .residual1, .attentionBiasGradient,
      .attentionGradientSum:
      .attention
    case .ln2, .mlpGather, .mlpSplit, .router, .expertChoice, .permute, .expertDispatch, .up, .gelu, .relu, .silu,
      .swiglu, .down, .expertCombine, .unpermute, .mlpAllReduce, .mlpReduceScatter, .residual2, .mlpBiasGradient,
      .mlpGradientSum:
      .mlp
    default: nil
    }
  }

  /// The half of a layer; nil outside the layers.
  public var component: Component? { block.map { $0 == .mlp ? .mlp : .attention } }

  /// How tensor parallelism cuts the operation, for GEMMs.
  public var parallelism: Parallelism? {
    switch self {
    case .query, .key, .value, .up, .head: .column
    case .projection, .down: .row
    case .score, .attentionOutput, .fusedAttention: .heads
    default: nil
    }
  }

  /// The name in prose, for the operations that have one: `Query Linear Projection`.
  public var title: String? {
    switch self {
    case .query: "Query Linear Projection"
    case .key: "Key Linear Projection"
    case .value: "Value Linear Projection"
    case .score: "Attention Score Q·K^T"
    case .attentionOutput: "Attention Output (Softmax·V)"
    case .fusedAttention: "Fused Attention"
    case .projection: "Output Projection"
    case .router: "Expert Router"
    case .up: "MLP Linear1 (Up-projection)"
    case .down: "MLP Linear2 (Down-projection)"
    case .head: "Language-Model Head"
    default: nil
    }
  }
}
