internal import GEMMTiming
internal import TransformerModels

// The eight matrix multiplications of a layer, each with its Get_Time under every sharding that the report shows.
extension RuntimeReport {
  var multiplicationSections: [Document.Section] {
    [
      .init("Matrix Multiplication Operations", []),
      .init("Per-Layer Matrix Multiplications (\(estimate.model.layers) layers total)", level: 3, []),
    ] + estimate.kinds.indices.flatMap(sections)
  }

  /// One kind of layer, component by component.
  private func sections(ofKind kind: Int) -> [Document.Section] {
    let gemms = estimate.kinds[kind].gemms
    let names: [(OperationRole.Component, String)] = [
      (.attention, "Attention Component"), (.recurrence, "Recurrence Component"), (.mlp, "MLP Component"),
    ]
    let place = estimate.kinds.count == 1 ? "" : " of \(estimate.kinds[kind].title)"
    var sections: [Document.Section] = []
    var first = 1
    for (part, name) in names {
      let own = gemms.filter { $0.operation.role.component == part }
      guard !own.isEmpty else { continue }
      sections.append(component(name + place, own, ofKind: kind, from: first))
      first += own.count
    }
    return sections + backwardSections(kind)
  }

  /// The matrix multiplications of a layer's backward pass: by the input, by the weight, and what is computed again.
  private func backwardSections(_ kind: Int) -> [Document.Section] {
    let gemms = estimate.kinds[kind].backward.filter { $0.operation.shape != nil }
    guard !gemms.isEmpty else { return [] }
    return [
      .init(
        "Backward Pass (\(gemms.count) matrix multiplications)", level: 4,
        [
          .paragraph("_dgrad is the gradient by the input, _wgrad by the weight, _recompute forward work done again."),
          .table(Self.table(gemms.map { row(of: $0, in: estimate) })),
        ])
    ]
  }

  private static func table(_ rows: [[String]]) -> DocumentTable {
    DocumentTable(
      [
        .init("GEMM"), .init("shapes of"), .init("(m,k,n)"), .init("time", .right), .init("throughput", .right),
        .init("of peak", .right), .init("flop/byte", .right), .init("bound"), .init("source"),
      ], rows: rows)
  }

  private func component(
    _ name: String, _ gemms: [CostedOperation], ofKind kind: Int, from first: Int
  ) -> Document.Section {
    let count = "\(gemms.count) matrix multiplication\(gemms.count == 1 ? "" : "s")"
    let entries = gemms.map { gemm in
      let role = gemm.operation.role
      let title = role.title ?? gemm.operation.name
      let cut =
        switch role.parallelism {
        case .column: "column parallel"
        case .row: "row parallel"
        case .heads: "heads distributed"
        case nil: "on every GPU"
        }
      let ranks = gemm.operation.isOfExperts ? estimate.plan.etp : estimate.plan.tp
      return "\(title) (\(gemm.operation.name)). "
        + estimates.compactMap { time(of: gemm.operation, ofKind: kind, in: $0) }.joined(separator: " ")
        + " Parallel across \(ranks) GPU\(ranks == 1 ? "" : "s") (\(cut))."
    }
    let figures = estimates.flatMap { estimate in
      gemms.compactMap { gemm in
        estimate.kinds[kind].gemms.first { $0.operation.name == gemm.operation.name }
          .map { row(of: $0, in: estimate) }
      }
    }
    return .init("\(name) (\(count))", level: 4, [.numbered(entries, from: first), .table(Self.table(figures))])
  }

  /// What one estimate has of a GEMM: its extents, the call, the time and its interval.
  private func time(of operation: LayerOperation, ofKind kind: Int, in estimate: StepEstimate) -> String? {
    guard let gemm = estimate.kinds[kind].gemms.first(where: { $0.operation.name == operation.name }),
      let printed = gemm.operation.printedShape, let costed = gemm.operation.shape
    else { return nil }
    let title = Self.title(estimate.plan.sharding)
    let batched =
      costed.batch > 1 ? " (\(Quantity.count(costed.batch)) products of \(costed.m)×\(costed.k)×\(costed.n))" : ""
    return
      "\(title.prefix(1).uppercased())\(title.dropFirst()): [\(printed.m)×\(printed.k)] × [\(printed.k)×\(printed.n)]"
      + "\(batched), \(Self.call(printed)) = \(Quantity.time(gemm.prediction.seconds)) "
      + "[\(gemm.prediction.intervalText)]."
  }

  private func row(of gemm: CostedOperation, in estimate: StepEstimate) -> [String] {
    guard let shape = gemm.operation.shape, let printed = gemm.operation.printedShape else { return [] }
    let throughput = shape.flops / gemm.prediction.seconds
    return [
      gemm.operation.name, estimate.plan.sharding.rawValue, printed.description, Quantity.time(gemm.prediction.seconds),
      Quantity.throughput(throughput), peakFlops.map { Quantity.percent(throughput / $0) } ?? "",
      Quantity.significant(shape.arithmeticIntensity(estimate.plan.dtype), digits: 4), gemm.prediction.bound.rawValue,
      gemm.prediction.source.rawValue,
    ]
  }
}
