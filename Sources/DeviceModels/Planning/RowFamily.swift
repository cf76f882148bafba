internal import GEMMTiming

/// Operations whose times the refinement moves together: a row of one teaches of all others.
enum RowFamily: Hashable {
  /// Products of element types that share parameters, by the first of these.
  case gemm(DataType)
  /// Passes of one kind.
  case memory(MemoryTraffic.Kind)
  /// Attention of several queries, or of one behind a cache.
  case attention(single: Bool)
  /// Exchanges inside a node, by the usual library.
  case collective
}

extension DeviceModel {
  /// The family of an operation; nil where few rows given by `--table` would teach nothing of it.
  ///
  /// So it is where the device file has no fit of a pass's kind or of the attention kernels that PyTorch has, which 20
  /// rows of one kind would make, and for exchanges over several nodes.
  func family(of operation: Operation) -> RowFamily? {
    guard detail >= .shipped else { return nil }
    switch operation {
    case .gemm(_, let dtype, _):
      guard let index = DataType.allCases.firstIndex(of: dtype), gemms[index] != nil else { return nil }
      return .gemm(DataType.allCases.first { specification.sharesModel($0, dtype) } ?? dtype)
    case .memory(let traffic):
      return specification.memoryFits.contains { $0.kinds.contains(traffic.kind) } ? .memory(traffic.kind) : nil
    case .attention(let shape, let dtype):
      guard specification.peaks[dtype] != nil, let fit = measuredAttention else { return nil }
      let isSingle = shape.queryLength == 1
      return isSingle && fit.decoding == nil ? nil : .attention(single: isSingle)
    case .communication(let exchange):
      guard exchange.ranks > 1, exchange.nodes == 1, exchangeFit.protocols[exchange.kind] != nil else { return nil }
      return .collective
    case .none: return nil
    }
  }

  /// The fit of attention that forecasts go by, where the script's kernels are what it is of.
  private var measuredAttention: AttentionFit? {
    specification.attentionFits.selected(by: variant).flatMap { fit in
      ["torch-flash", "torch-cudnn"].contains { name in fit.matches.contains { name.contains($0) } } ? fit : nil
    }
  }

  /// The fit of exchanges that rows would move.
  private var exchangeFit: CollectiveFit { specification.collectiveFits.first ?? .nccl(on: specification) }

  /// How the times of operations of one family move with the parameters that its rows move.
  func effects(_ family: RowFamily, of operations: [Operation]) -> ParameterEffects {
    let none = ParameterEffects(deviations: [], present: []) { _, _ in [] }
    switch family {
    case .gemm(let dtype):
      guard let index = DataType.allCases.firstIndex(of: dtype), let tiled = gemms[index] else { return none }
      return ParameterEffects(
        of: operations.compactMap { if case .gemm(let shape, _, _) = $0 { shape } else { nil } }, tiled: tiled,
        trust: GEMMRefinement.trust(isFitted: specification.gemmFit(for: dtype) != nil), weightsInTurn: weightsInTurn)
    case .memory(let kind):
      guard let fit = specification.memoryFits.first(where: { $0.kinds.contains(kind) }) else { return none }
      return ParameterEffects(
        of: operations.compactMap { operation -> (traffic: MemoryTraffic, seconds: Double)? in
          if case .memory(let traffic) = operation { (traffic, 1) } else { nil }
        }, known: fit,
        directions: fit.rows == nil ? MemoryFit.directions : MemoryFit.directionsOfRows, caution: MemoryFit.caution
      ) { $0.seconds($1.traffic, on: specification) }
    case .attention(let isSingle):
      guard let fit = measuredAttention else { return none }
      let rows = operations.compactMap { AttentionRow(.planned($0, on: specification), of: specification) }
      if isSingle, let decoding = fit.decoding {
        return ParameterEffects(
          of: rows, known: decoding, directions: AttentionFit.Decoding.directions, caution: AttentionFit.caution
        ) { $1.seconds($0, on: specification) }
      }
      return ParameterEffects(
        of: rows, known: fit, directions: AttentionFit.directions, caution: AttentionFit.caution
      ) { $1.seconds($0, on: specification) }
    case .collective:
      let rows = operations.compactMap { CollectiveRow(.planned($0, on: specification), of: specification) }
      let (fit, kinds) = (exchangeFit, Set(rows.map(\.kind)))
      return ParameterEffects(
        of: rows, known: fit, directions: fit.directions(of: kinds), caution: CollectiveFit.caution
      ) { $0.seconds($1, on: specification) }
    }
  }
}

extension MeasuredTable.Entry {
  /// A row that is yet to be measured.
  fileprivate static func planned(_ operation: Operation, on device: DeviceSpecification) -> Self {
    Self(
      row: 0, device: device.name, variant: nil, label: "", sizeClass: "", operation: operation, seconds: 1)
  }
}
