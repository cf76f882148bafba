public import GEMMTiming

/// A row that `scripts/measure_gpu.py` can measure.
public enum MeasurableRow: Hashable, Sendable {
  /// A product.
  case gemm(GEMMShape, DataType)
  /// An exchange inside a node; bytes of the whole message.
  case collective(Communication.Kind, ranks: Int, bytes: Int)
  /// A pass over so many rows of so many elements.
  case memory(MemoryTraffic.Kind, rows: Int, columns: Int, DataType)
  /// Causal attention of a prompt, or of one query behind a cache.
  case attention(AttentionShape, DataType)

  /// The kinds of row, as a plan's `kind` column names them.
  public enum Kind: String, Sendable, CaseIterable {
    case gemm, collective, memory, attention
  }

  /// What kind of row it is.
  public var kind: Kind {
    switch self {
    case .gemm: .gemm
    case .collective: .collective
    case .memory: .memory
    case .attention: .attention
    }
  }

  /// What it measures.
  public var operation: Operation {
    switch self {
    case .gemm(let shape, let dtype): .gemm(shape, dtype)
    case .collective(let kind, let ranks, let bytes):
      .communication(Communication(kind, bytes: Double(bytes), ranks: ranks, nodes: 1))
    case .memory(let kind, let rows, let columns, let dtype):
      .memory(Self.traffic(kind, rows: Double(rows), columns: Double(columns), size: Double(dtype.size)))
    case .attention(let shape, let dtype): .attention(shape, dtype)
    }
  }

  /// The row that measures an operation, or one like it; nil where the script has no such kernel.
  ///
  /// A window over the keys is left out, a pass of another direction becomes one of as many bytes, and bytes are whole
  /// elements.
  ///
  /// - Parameters:
  ///   - operation: what a step does.
  ///   - activation: the element type of passes over memory.
  public init?(like operation: Operation, activation: DataType) {
    switch operation {
    case .gemm(let shape, let dtype, _):
      self.init(checking: .gemm(shape, dtype))
    case .communication(let exchange):
      let grain = 2 * exchange.ranks
      guard exchange.nodes == 1, exchange.ranks > 1, exchange.bytes >= Double(grain), exchange.bytes < 0x1p40 else {
        return nil
      }
      self.init(
        checking: .collective(exchange.kind, ranks: exchange.ranks, bytes: Int(exchange.bytes) / grain * grain))
    case .memory(let traffic):
      guard let elements = Self.elements(of: traffic, size: Double(activation.size)) else { return nil }
      // How rows are cut decides nothing where none is worked on by itself.
      let columns = traffic.rows.map { max(1, (elements / $0).rounded(.down)) } ?? min(elements, 4096)
      self.init(
        checking: .memory(traffic.kind, rows: max(1, Int(elements / columns)), columns: Int(columns), activation))
    case .attention(let shape, let dtype):
      guard shape.causal, shape.queryLength == 1 || shape.queryLength == shape.keyLength, !shape.valuesAreKeys,
        shape.valueDimension == shape.headDimension,
        let plain = try? AttentionShape(
          batch: shape.batch, heads: shape.heads, keyValueHeads: shape.keyValueHeads,
          headDimension: shape.headDimension, queryLength: shape.queryLength, keyLength: shape.keyLength, causal: true)
      else { return nil }
      self.init(checking: .attention(plain, dtype))
    case .none: return nil
    }
  }

  /// The row, unless the script has no kernel of its kind.
  init?(checking row: MeasurableRow) {
    let exists =
      switch row {
      case .gemm(let shape, .fp8): shape.batch == 1 && shape.k.isMultiple(of: 16) && shape.n.isMultiple(of: 16)
      case .gemm(_, let dtype): [.fp32, .tf32, .fp16, .bf16].contains(dtype)
      case .collective(let kind, let ranks, _): kind != .sendReceive || ranks == 2
      case .memory(let kind, _, _, let dtype): Self.reads(kind) != nil && [.fp32, .fp16, .bf16].contains(dtype)
      case .attention(let shape, let dtype):
        [.fp16, .bf16].contains(dtype) && shape.heads.isMultiple(of: shape.keyValueHeads)
      }
    guard exists else { return nil }
    self = row
  }

  /// Tensors of a pass's size that it reads; nil for kinds that PyTorch has no single kernel of, or that are not timed.
  private static func reads(_ kind: MemoryTraffic.Kind) -> Double? {
    switch kind {
    case .copy, .softmax, .layerNorm, .rmsNorm, .gelu: 1
    case .residual: 2
    case .swiglu, .rotary, .embedding, .optimizer: nil
    }
  }

  /// Elements of a tensor whose pass moves as many bytes.
  private static func elements(of traffic: MemoryTraffic, size: Double) -> Double? {
    guard let reads = reads(traffic.kind) else { return nil }
    let elements = (traffic.bytes / (size * (reads + 1))).rounded(.down)
    return elements >= 1 && elements < 0x1p40 ? elements : nil
  }

  /// What the script's kernel reads and writes, a norm its weights too.
  private static func traffic(
    _ kind: MemoryTraffic.Kind, rows: Double, columns: Double, size: Double
  ) -> MemoryTraffic {
    let bytes = rows * columns * size
    let weights: Double =
      switch kind {
      case .layerNorm: 2
      case .rmsNorm: 1
      default: 0
      }
    return MemoryTraffic(
      kind, read: (reads(kind) ?? 0) * bytes + weights * columns * size, written: bytes, rows: rows)
  }
}
