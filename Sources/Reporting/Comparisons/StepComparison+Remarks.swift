internal import GEMMTiming
internal import TransformerModels

extension StepComparison {
  /// What speaks for another forecast than the one that was asked for.
  var remarks: [String] {
    [idleRemark, typeRemark, projectionRemark, attentionRemark].compactMap(\.self)
  }

  /// A GPU that waits more than any operation is off.
  private var idleRemark: String? {
    guard let measured, let largest = rows.first else { return nil }
    let gap = measured.idle - forecast.idle
    guard abs(gap) > abs(largest.gap) else { return nil }
    let idle =
      "The \(step.isGPU ? "GPU" : "CPU") was idle \(Quantity.time(abs(gap))) \(gap > 0 ? "longer" : "shorter") than forecast, "
      + "more than any operation is off"
    guard gap > 0, step.isGPU else { return idle + "." }
    return idle + ": launching one by one (--eager) and waiting for other GPUs or for input are such times."
  }

  /// Products are compared whatever their type.
  private var typeRemark: String? {
    func names(_ types: [DataType]) -> String { Set(types).map(\.rawValue).sorted().joined(separator: ", ") }
    let own = step.operations.compactMap { operation -> DataType? in
      if case .product(_, let type) = operation.work { type } else { nil }
    }
    let expected = rows.compactMap { row -> DataType? in
      if row.forecast != nil, case .product(_, let type) = row.work { type } else { nil }
    }
    guard !own.isEmpty, !expected.isEmpty, Set(own).isDisjoint(with: expected) else { return nil }
    return "The trace's products are of \(names(own)), the forecast's of \(names(expected)): --dtype says which are "
      + "run."
  }

  /// Fused projections in the forecast and separate ones in the trace.
  private var projectionRemark: String? {
    let fused = rows.filter { $0.measured == nil }.flatMap { $0.forecast?.names ?? [] }
    guard fused.contains(where: { $0.hasPrefix("qkv_linear") }) else { return nil }
    return "The trace has no product of queries, keys and values in one: --separate-qkv forecasts three."
  }

  /// Attention as one kernel on one side alone.
  private var attentionRemark: String? {
    let own = rows.contains { $0.kind == .attention && $0.measured != nil }
    let expected = rows.contains { $0.kind == .attention && $0.forecast != nil }
    if own, !expected { return "The trace has fused attention, the forecast has not: --attention fused forecasts it." }
    if expected, !own {
      return "The trace has no fused attention, the forecast has: --attention unfused forecasts products and softmax."
    }
    return nil
  }
}
