internal import GEMMTiming

extension MeasurableRow {
  /// Rows like it that are up to eight times smaller and four times larger, itself first.
  var neighbors: [MeasurableRow] {
    [self] + [(1, 2), (2, 1), (1, 4), (4, 1), (1, 8)].compactMap { scaled(by: $0.0, over: $0.1) } + variants
  }

  /// The row with its size, and not its kind, at half; nil where it cannot be smaller.
  var halved: MeasurableRow? { scaled(by: 1, over: 2) }

  /// The row with rows, bytes, positions or sequences scaled; nil where that is no whole number.
  private func scaled(by factor: Int, over divisor: Int) -> MeasurableRow? {
    func scale(_ value: Int, grain: Int = 1) -> Int? {
      let (product, overflow) = value.multipliedReportingOverflow(by: factor)
      let scaled = product / divisor / grain * grain
      return overflow || scaled < 1 || product % divisor != 0 && value < 64 ? nil : scaled
    }
    let row: MeasurableRow?
    switch self {
    case .gemm(let shape, let dtype):
      row = scale(shape.m).flatMap { try? GEMMShape(m: $0, k: shape.k, n: shape.n, batch: shape.batch) }
        .map { .gemm($0, dtype) }
    case .collective(let kind, let ranks, let bytes):
      row = scale(bytes, grain: 2 * ranks).map { .collective(kind, ranks: ranks, bytes: $0) }
    case .memory(let kind, let rows, let columns, let dtype):
      row = scale(rows).map { .memory(kind, rows: $0, columns: columns, dtype) }
    case .attention(let shape, let dtype):
      row = scale(shape.keyLength).flatMap {
        Self.plain(shape, batch: shape.batch, queries: shape.queryLength == 1 ? 1 : $0, keys: $0)
      }.map { .attention($0, dtype) }
    }
    return row.flatMap(MeasurableRow.init(checking:))
  }

  /// Rows that differ in another extent.
  private var variants: [MeasurableRow] {
    switch self {
    case .gemm(let shape, let dtype):
      let others = [
        try? GEMMShape(m: shape.m, k: shape.k, n: max(1, shape.n / 2), batch: shape.batch),
        try? GEMMShape(m: shape.m, k: max(1, shape.k / 2), n: shape.n, batch: shape.batch),
      ]
      return others.compactMap(\.self).compactMap { MeasurableRow(checking: .gemm($0, dtype)) }
    case .attention(let shape, let dtype):
      return [shape.batch / 2, shape.batch * 4].compactMap { batch in
        Self.plain(shape, batch: batch, queries: shape.queryLength, keys: shape.keyLength)
      }.map { .attention($0, dtype) }
    case .collective(let kind, let ranks, let bytes):
      return [16, 64].compactMap { share in
        let grain = 2 * ranks
        let smaller = bytes / share / grain * grain
        return smaller > 0 ? .collective(kind, ranks: ranks, bytes: smaller) : nil
      }
    case .memory: return []
    }
  }

  private static func plain(_ shape: AttentionShape, batch: Int, queries: Int, keys: Int) -> AttentionShape? {
    try? AttentionShape(
      batch: batch, heads: shape.heads, keyValueHeads: shape.keyValueHeads, headDimension: shape.headDimension,
      queryLength: queries, keyLength: keys, causal: true)
  }
}
