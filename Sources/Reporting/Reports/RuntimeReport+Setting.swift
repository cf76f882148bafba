internal import GEMMTiming
internal import TransformerModels

// What the report is about: the opening sections and the sources at its end.
extension RuntimeReport {
  var overview: Document.Section {
    let forecast = estimate.totals.schedule
    let plan = estimate.plan
    let work = estimate.options.work == .training ? "One training step" : "One forward pass"
    var blocks: [Document.Block] = [
      .paragraph(
        "\(work) of \(estimate.model.name) on \(plan.gpus) × \(estimate.device) takes "
          + "\(Quantity.time(forecast.seconds)) (90 % interval \(Quantity.time(forecast.low)) to "
          + "\(Quantity.time(forecast.high))) by the schedule of its DAG with \(plan.tp)-way tensor and \(plan.pp)-stage "
          + "pipeline parallelism\(plan.dp > 1 ? " in \(plan.dp) replicas" : ""), "
          + "\(Self.title(plan.sharding)), \(plan.dtype.rawValue).")
    ]
    if !memory.fits {
      blocks.append(
        .paragraph(
          "It does not fit in memory: a GPU of stage \(memory.worst.stage) needs \(Quantity.bytes(memory.worst.total)) "
            + "and has \(Quantity.bytes(memory.capacity)). The times below are what the arithmetic and traffic would take; "
            + "see the audit for what would fit."))
    }
    return .init("Overview", blocks)
  }

  var configuration: Document.Section {
    let (model, plan) = (estimate.model, estimate.plan)
    var points = [
      "Total Layers: \(model.layers) transformer layers",
      "Hidden Size: \(model.hidden)",
      "Attention Heads: \(model.heads) heads, \(model.headDimension) dimensions per head"
        + (model.keyValueHeads == model.heads ? "" : ", \(model.keyValueHeads) key-value heads"),
      "FFN Hidden Size: \(model.ffn)" + (model.gated ? ", gated" : ""),
      "Batch Size: \(plan.batch)"
        + (plan.microBatches > 1 ? " in \(plan.microBatches) micro-batches of \(plan.microBatchSize)" : ""),
      "Sequence Length: \(plan.sequence)",
      "Parallelism: \(plan.pp) pipeline stage\(plan.pp == 1 ? "" : "s") × \(plan.tp)-way tensor parallelism"
        + (plan.dp > 1 ? " × \(plan.dp) replicas" : "") + ", \(plan.gpus) GPUs in nodes of \(plan.gpusPerNode)",
      "Parameters: \(Quantity.significant(model.parameters / 1e9, digits: 4)) billion",
    ]
    if let vocabulary = model.vocabulary { points.append("Vocabulary: \(vocabulary)") }
    if let experts = model.experts { points.append("Experts: \(experts.count), \(experts.topK) a token") }
    return .init("Model Configuration", [.list(points + estimate.notes.map { "Note: \($0)" })])
  }

  var sources: Document.Section { .init("Where the figures come from", [.list(provenance)]) }
}
