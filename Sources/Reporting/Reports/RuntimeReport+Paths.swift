internal import GEMMTiming
internal import TaskGraphs
internal import TransformerModels

// The longest path, and how the step is cut over GPUs.
extension RuntimeReport {
  var pathSections: [Document.Section] {
    let pass = estimate.pass
    let names = pass.path(estimate.criticalPath.tasks, level: pathLevel).map(\.name)
    let length = estimate.criticalPath.length
    return [
      .init(
        "Longest Path Analysis",
        [
          .paragraph(
            "The critical path of one micro-batch has \(estimate.criticalPath.tasks.count) of the DAG's "
              + "\(pass.nodeCount) nodes and takes \(Quantity.time(length)). At the level "
              + "\"\(pathLevel.rawValue)\" it is:"),
          .preformatted(names.joined(separator: " → ")),
          .paragraph("What it is made of, all layers together, the longest first:"),
          .table(pathTable),
        ])
    ]
  }

  /// The path's nodes gathered by operation.
  private var pathTable: DocumentTable {
    let pass = estimate.pass
    var parts: [String: (count: Int, seconds: Double)] = [:]
    for node in estimate.criticalPath.tasks where pass.graph.durations[node] > 0 {
      let part = parts[pass.operation(of: node).name] ?? (0, 0)
      parts[pass.operation(of: node).name] = (part.count + 1, part.seconds + pass.graph.durations[node])
    }
    let length = estimate.criticalPath.length
    let sorted = parts.sorted { ($1.value.seconds, $0.key) < ($0.value.seconds, $1.key) }
    return DocumentTable(
      [
        .init("operation"), .init("times", .right), .init("each", .right), .init("together", .right),
        .init("of the path", .right),
      ],
      rows: sorted.map { name, part in
        [
          name, String(part.count), Quantity.time(part.seconds / Double(part.count)), Quantity.time(part.seconds),
          Quantity.percent(part.seconds / length),
        ]
      })
  }

  var parallelismSections: [Document.Section] {
    let plan = estimate.plan
    var seen: Set<GEMMTiming.Operation> = []
    let exchanges = estimate.kinds.flatMap(\.forward).filter { operation in
      guard case .communication = operation.operation.operation else { return false }
      return estimate.kinds.count == 1 || seen.insert(operation.operation.operation).inserted
    }
    let apart = plan.etp != plan.tp && !names(cut: .column, ofExperts: true).isEmpty
    var tensor = [
      "Each linear layer is split across \(plan.tp) GPU\(plan.tp == 1 ? "" : "s"): "
        + "\(list(.column, ofExperts: apart ? false : nil)) by columns, "
        + "\(list(.row, ofExperts: apart ? false : nil)) by rows; \(list(.heads)) by heads."
    ]
    if apart {
      tensor.append(
        plan.etp == 1
          ? "Each expert is whole on one GPU: \(list(.column, ofExperts: true)), \(list(.row, ofExperts: true))."
          : "Each expert is split across \(plan.etp) GPUs: \(list(.column, ofExperts: true)) by columns, "
            + "\(list(.row, ofExperts: true)) by rows.")
    }
    for exchange in exchanges {
      guard case .communication(let communication) = exchange.operation.operation else { continue }
      let place = communication.nodes > 1 ? "across \(communication.nodes) nodes" : "inside a node"
      tensor.append(
        "\(exchange.operation.name): \(communication.kind.rawValue) of \(Quantity.bytes(communication.bytes)) among "
          + "\(communication.ranks) GPUs \(place), \(Quantity.time(exchange.prediction.seconds)).")
    }
    if exchanges.isEmpty { tensor.append("No exchange is needed among them.") }
    let stages = (0..<min(plan.pp, 8)).map { stage in
      let layers = estimate.layers(ofStage: stage).map {
        $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound - 1)"
      }
      return "Stage \(stage): layers \(layers.joined(separator: ", ")) on GPUs "
        + "\(stage * plan.tp * plan.cp)-\((stage + 1) * plan.tp * plan.cp - 1)"
        + (plan.dp > 1 ? " of each replica" : "")
    }
    return [
      .init("Parallelism Analysis", []),
      .init("Tensor Parallelism (\(plan.tp)-way)", level: 3, [.list(tensor)]),
      .init(
        "Pipeline Parallelism (\(plan.pp) stage\(plan.pp == 1 ? "" : "s"))", level: 3,
        [
          .list(
            stages + (plan.pp > 8 ? ["… and so on, \(plan.pp) stages in all"] : []) + [
              "Sends from stage to stage add \(Quantity.time(estimate.totals.document.pipelineOverhead.seconds)) to one "
                + "micro-batch's way through the pipeline."
            ])
        ]),
    ]
  }

  /// The operations that are cut so, of experts alone, of all else, or of both.
  private func names(cut: OperationRole.Parallelism, ofExperts: Bool? = nil) -> [String] {
    var names: [String] = []
    for operation in estimate.kinds.flatMap(\.forward).map(\.operation)
    where operation.role.parallelism == cut && ofExperts ?? operation.isOfExperts == operation.isOfExperts {
      if !names.contains(operation.name) { names.append(operation.name) }
    }
    return names
  }

  private func list(_ cut: OperationRole.Parallelism, ofExperts: Bool? = nil) -> String {
    let names = names(cut: cut, ofExperts: ofExperts)
    return names.isEmpty ? "none" : names.joined(separator: ", ")
  }
}
