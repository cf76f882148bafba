/// One unit of work of a GPU or of the links between GPUs: what a time model is asked about.
public enum Operation: Hashable, Sendable {
  /// A matrix multiplication; what its operands are matters where they come from caches, as on a host.
  case gemm(GEMMShape, DataType, ProductRole = .weight)
  /// A pass over memory that does next to no arithmetic: norm, softmax, activation, residual.
  case memory(MemoryTraffic)
  /// Fused attention: scores, softmax and weighted sum in one kernel, with the scores never in device memory.
  case attention(AttentionShape, DataType)
  /// An exchange between GPUs.
  case communication(Communication)
  /// Bookkeeping that moves nothing: views, splits, gathers within a GPU.
  case none
}
