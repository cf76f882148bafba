public import GEMMTiming

/// What an operation of a trace did, where the trace has its shape.
public enum TraceWork: Hashable, Sendable {
  /// A product and how its operands lay.
  case gemm(GEMMShape, DataType, OperandLayout)
  /// Fused attention; `variant` names PyTorch's kernel: flash, efficient, cudnn.
  case attention(AttentionShape, DataType, variant: String)
  /// A pass over rows of so many elements.
  case pass(MemoryTraffic.Kind, DataType, rows: Int, columns: Int, read: Int, written: Int)
  /// An exchange of the whole message's bytes; the type as the trace names it.
  case collective(Communication.Kind, bytes: Int, ranks: Int, type: String)

  /// The table that a row of it belongs to.
  public var rows: ImportOptions.Rows {
    switch self {
    case .gemm: .gemm
    case .attention: .attention
    case .pass: .memory
    case .collective: .collective
    }
  }

  /// The kind of kernel that does it.
  public var kind: KernelKind {
    switch self {
    case .gemm: .gemm
    case .attention: .attention
    case .pass(let pass, _, _, _, _, _): pass == .layerNorm || pass == .rmsNorm ? .norm : .elementwise
    case .collective: .collective
    }
  }
}
