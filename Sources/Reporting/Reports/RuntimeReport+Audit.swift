internal import GEMMTiming
internal import TransformerModels

// Where the document's way of counting falls short of the step, in figures.
extension RuntimeReport {
  var audit: Document.Section {
    .init("Audit", [.list([shapes, maximum, memorySentence]), .table(memoryTable), .paragraph(fitSentence)])
  }

  private var shapes: String {
    let flops = analysis.flops
    let linear = flops.linear
    let missing = flops.whole - flops.documented
    guard missing > 0 else {
      return "Shapes: the document's shapes account for all of the layer's arithmetic when nothing is cut."
    }
    let kept = linear - missing
    return "Shapes: the document divides both dimensions of a weight by \(estimate.plan.tp), which leaves "
      + "\(Quantity.percent(kept / linear)) of the linear layers' arithmetic: over all ranks "
      + "\(Quantity.work(flops.documented)) a layer where the model has \(Quantity.work(flops.whole)), "
      + "\(Quantity.percent(missing / flops.whole)) missing. The Megatron sharding divides one dimension and accounts for "
      + "\(Quantity.percent(flops.megatron / flops.whole))."
  }

  private var maximum: String {
    // Of unequal layers the kind that there are most of.
    let kind = estimate.kinds.max { $0.count < $1.count }
    let layer = kind?.forward ?? []
    let sum = layer.reduce(0) { $0 + $1.prediction.seconds }
    let document = estimate.totals.document
    let gemms = (kind?.gemms ?? []).reduce(0) { $0 + $1.prediction.seconds }
    let others = sum - gemms
    return
      "max() is not a layer's time: the matrix multiplications of a layer depend on each other and share one GPU, so "
      + "their times add up to \(Quantity.time(gemms)), not \(Quantity.time(document.layerRuntime.seconds)); operations "
      + "that are no matrix multiplication add \(Quantity.time(others)), of which "
      + "\(largestOthers(among: layer)) are the largest."
  }

  private func largestOthers(among layer: [CostedOperation]) -> String {
    let others = layer.filter { $0.operation.shape == nil && $0.prediction.seconds > 0 }
    let sorted = others.enumerated().sorted {
      ($1.element.prediction.seconds, $0.offset) < ($0.element.prediction.seconds, $1.offset)
    }
    return sorted.prefix(2).map { "\($0.element.operation.name) (\(Quantity.time($0.element.prediction.seconds)))" }
      .joined(separator: " and ")
  }

  private var memorySentence: String {
    let worst = memory.worst
    return
      "Memory: a GPU of stage \(worst.stage) needs \(Quantity.bytes(worst.total)) of \(Quantity.bytes(memory.capacity)) "
      + "(\(Quantity.percent(worst.total / memory.capacity))): it \(memory.fits ? "fits" : "does not fit")."
  }

  private var memoryTable: DocumentTable {
    let without = estimate.plan.tp > 1 ? memory.withoutTensorParallelism : nil
    let fit = memory.fits ? nil : memory.smallestFit
    var columns: [DocumentTable.Column] = [.init("memory of one GPU"), .init("this plan", .right)]
    if without != nil { columns.append(.init("without tensor parallelism", .right)) }
    if let fit { columns.append(.init("with \(Quantity.counted(fit.microBatches, "micro-batch"))", .right)) }
    let estimates = [memory.worst, without, fit?.worst].compactMap(\.self)
    var rows = MemoryEstimate.Item.allCases.compactMap { item -> [String]? in
      guard estimates.contains(where: { $0[item] > 0 }) else { return nil }
      return [item.rawValue] + estimates.map { Quantity.bytes($0[item]) }
    }
    rows.append(["all"] + estimates.map { Quantity.bytes($0.total) })
    return DocumentTable(columns, rows: rows)
  }

  private var fitSentence: String {
    ((memory.fits ? [enough] : wanting) + [reserveSentence, roomSentence]).filter { !$0.isEmpty }
      .joined(separator: " ")
  }

  /// Whether fewer micro-batches would fit as well; nothing where there are none fewer.
  private var enough: String {
    let count = estimate.plan.microBatches
    guard count > 1, let fit = memory.smallestFit else { return "" }
    return fit.microBatches == count
      ? "Fewer micro-batches would not fit."
      : "\(Quantity.counted(fit.microBatches, "micro-batch")) would be enough to fit."
  }

  /// What would make the plan fit.
  private var wanting: [String] {
    let plan = estimate.plan
    let isInference = estimate.options.work == .prefill || estimate.options.work == .decode
    if let fit = memory.smallestFit {
      return [
        "The smallest number of micro-batches that fits is \(fit.microBatches), "
          + "\(Quantity.counted(plan.batch / plan.dp / fit.microBatches, "sequence")) each, which needs "
          + "\(Quantity.bytes(fit.worst.total)): --micro-batches \(fit.microBatches)."
      ] + (isInference ? [smallerBatch] : [])
    }
    var sentences = ["No number of micro-batches makes this plan fit \(Quantity.bytes(memory.capacity))."]
    if memory.largestBatch != nil { return sentences + [smallerBatch] }
    sentences.append(
      plan.batch > plan.dp ? "Nor does a batch of one sequence a replica." : "It is one sequence a replica already.")
    sentences.append(
      memory.remedies.first.map { "It fits with \(Self.changes($0)), which needs \(Quantity.bytes($0.worst.total))." }
        ?? "More tensor or pipeline parallelism, or GPUs with more memory, are needed.")
    return sentences
  }

  private var smallerBatch: String {
    guard let fit = memory.largestBatch else { return "" }
    let parts = fit.microBatches == 1 ? "" : " in \(fit.microBatches) micro-batches"
    let option = fit.microBatches == estimate.plan.microBatches ? "" : " --micro-batches \(fit.microBatches)"
    return "The largest batch that fits is \(fit.batch)\(parts), which needs \(Quantity.bytes(fit.worst.total)): "
      + "--batch \(fit.batch)\(option)."
  }
}
