internal import GEMMTiming
internal import TaskGraphs
internal import TransformerModels

// From a layer's operations to the three totals, each with the reason why it differs from the one before.
extension RuntimeReport {
  var runtimeSections: [Document.Section] { [.init("Runtime Calculation", []), layerRuntime, totals] }

  private var layerRuntime: Document.Section {
    let document = estimate.totals.document
    let calls = distinctShapes.map { shape, names in "    \(Self.call(shape)),  // \(names)" }
    let isOne = estimate.kinds.count == 1
    return .init(
      "Per-Layer Runtime (parallel across \(estimate.plan.tp) GPU\(estimate.plan.tp == 1 ? "" : "s"))", level: 3,
      [
        .preformatted(
          "Layer_Runtime = \(isOne ? "max" : "mean of each layer's max")(\n" + calls.joined(separator: "\n") + "\n) = "
            + "\(Quantity.time(document.layerRuntime.seconds))  // \(document.slowest.operation.name)")
      ] + estimate.kinds.flatMap(layerBlocks))
  }

  /// The operations of one kind of layer, forward and backward.
  private func layerBlocks(_ kind: CostedLayer) -> [Document.Block] {
    let runtime = estimate.totals.document.layerRuntime.seconds
    let sum = kind.forward.reduce(0) { $0 + $1.prediction.seconds }
    let layer = estimate.kinds.count == 1 ? "a layer" : "\(kind.title)"
    return [
      .paragraph(
        "All operations of \(layer), one after the other, take \(Quantity.time(sum)), "
          + "\(Quantity.factor(sum / runtime)) as long:"),
      .table(operationTable(kind.forward, total: sum)),
    ] + backwardBlocks(kind.backward)
  }

  /// The GEMM shapes of a layer as printed, each once, with the operations that have it.
  private var distinctShapes: [(shape: GEMMShape, names: String)] {
    var order: [GEMMShape] = []
    var names: [GEMMShape: [String]] = [:]
    for gemm in estimate.gemms {
      guard let shape = gemm.operation.printedShape else { continue }
      if names[shape] == nil { order.append(shape) }
      if names[shape]?.contains(gemm.operation.name) != true {
        names[shape, default: []].append(gemm.operation.name)
      }
    }
    return order.map { ($0, (names[$0] ?? []).joined(separator: ", ")) }
  }

  private func backwardBlocks(_ operations: [CostedOperation]) -> [Document.Block] {
    guard !operations.isEmpty else { return [] }
    let sum = operations.reduce(0) { $0 + $1.prediction.seconds }
    return [
      .paragraph("Its backward pass, one operation after the other, takes \(Quantity.time(sum)):"),
      .table(operationTable(operations, total: sum)),
    ]
  }

  private func operationTable(_ operations: [CostedOperation], total: Double) -> DocumentTable {
    DocumentTable(
      [
        .init("operation"), .init("kind"), .init("time", .right), .init("90 % interval", .right),
        .init("of the \(operations.first?.operation.phase == .forward ? "layer" : "pass")", .right), .init("bound"),
        .init("source"),
      ],
      rows: operations.filter { $0.operation.operation != .none }.map { operation in
        let prediction = operation.prediction
        return [
          operation.operation.name, Self.kind(of: operation.operation), Quantity.time(prediction.seconds),
          prediction.intervalText, Quantity.percent(total > 0 ? prediction.seconds / total : 0),
          prediction.bound.rawValue, prediction.source.rawValue,
        ]
      })
  }

  private static func kind(of operation: LayerOperation) -> String {
    switch operation.operation {
    case .gemm: "GEMM"
    case .memory(let traffic): "\(Quantity.bytes(traffic.bytes)) of memory traffic"
    case .attention: "fused attention"
    case .communication(let exchange): "\(exchange.kind.rawValue) of \(Quantity.bytes(exchange.bytes))"
    case .none: ""
    }
  }

  private var totals: Document.Section {
    let document = estimate.totals.document
    let passes = document.passes == 1 ? "" : " × \(Quantity.significant(document.passes, digits: 4)) passes"
    return .init(
      "Total DAG Runtime", level: 3,
      [
        .preformatted(
          "Total_Runtime = \(document.layers) × Layer_Runtime\(passes) + Pipeline_Overhead\n"
            + "              = \(document.layers) × \(Quantity.time(document.layerRuntime.seconds))\(passes) + "
            + "\(Quantity.time(document.pipelineOverhead.seconds)) = \(Quantity.time(document.total.seconds))"),
        .paragraph("Three totals, which leave out less and less:"),
        .table(totalsTable),
        .list(reasons),
      ])
  }

  private var totalsTable: DocumentTable {
    let rows: [(String, (StepTotals) -> TimeInterval90)] = [
      ("document: L × max + overhead", { $0.document.total }),
      ("critical path: dependencies alone", { $0.criticalPath }),
      ("schedule: one kernel at a time (the forecast)", { $0.schedule }),
    ]
    let columns = estimates.flatMap { estimate -> [DocumentTable.Column] in
      [.init(Self.title(estimate.plan.sharding), .right), .init("90 % interval", .right)]
    }
    return DocumentTable(
      [.init("total")] + columns,
      rows: rows.map { name, value in
        [name]
          + estimates.flatMap { estimate in
            let total = value(estimate.totals)
            return [Quantity.time(total.seconds), "\(Quantity.time(total.low)) … \(Quantity.time(total.high))"]
          }
      })
  }

  private var reasons: [String] {
    let totals = estimate.totals
    let toPath = totals.criticalPath.seconds - totals.document.total.seconds
    let toSchedule = totals.schedule.seconds - totals.criticalPath.seconds
    let plan = estimate.plan
    let onPath = Set(estimate.criticalPath.tasks.lazy.map { estimate.pass.operation(of: $0).name })
    let offPath = estimate.gemms.filter { !onPath.contains($0.operation.name) }
    var waiting = offPath.isEmpty ? "" : "\(offPath.map(\.operation.name).joined(separator: ", ")) run beside it"
    if plan.microBatches > 1 {
      waiting += (waiting.isEmpty ? "" : ", and ") + "it carries one micro-batch of \(plan.microBatches)"
    }
    return [
      "The document's total counts one \(estimate.options.work == .training ? "forward " : "")GEMM of each layer, \(totals.document.slowest.operation.name); the critical path "
        + "adds the others that depend on each other, the passes over memory and the exchanges: "
        + "\(signed(toPath)).",
      waiting.isEmpty
        ? "The critical path already holds every operation: the schedule differs by \(signed(toSchedule))."
        : "The critical path assumes a free GPU for every operation (\(waiting)); in the schedule each GPU runs one "
          + "kernel at a time: \(signed(toSchedule)).",
    ]
  }

  private func signed(_ seconds: Double) -> String { (seconds >= 0 ? "+" : "") + Quantity.time(seconds) }
}
