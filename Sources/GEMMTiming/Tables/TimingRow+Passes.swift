extension TimingRow.Routine {
  /// The kind of a pass over rows; nil for products and for streams of one vector.
  public var passKind: MemoryTraffic.Kind? {
    switch self {
    case .gemm, .copy, .axpy: nil
    case .layerNorm: .layerNorm
    case .rmsNorm: .rmsNorm
    case .softmax: .softmax
    case .gelu: .gelu
    case .swiglu: .swiglu
    case .rotary: .rotary
    case .residual: .residual
    }
  }

  /// Whether the routine is a stream over vectors, of m elements each.
  public var isStream: Bool { self == .copy || self == .axpy }

  /// Operands of `elements` that a call reads: two that are added, or a gate beside what goes through it.
  public var operandCount: Int { self == .axpy || self == .residual || self == .swiglu ? 2 : 1 }

  /// What a call moves; of a product nothing, which is told by its shape.
  public func traffic(_ shape: GEMMShape, _ dtype: DataType) -> MemoryTraffic {
    let rows = Double(shape.m) * Double(shape.batch)
    let written = Double(dtype.size) * rows * (isStream ? 1 : Double(shape.n))
    return MemoryTraffic(
      passKind ?? .copy, read: Double(operandCount) * written, written: written, rows: passKind == nil ? nil : rows)
  }
}
