internal import GEMMTiming
internal import TransformerModels

// What the report is about: the opening sections and the sources at its end.
extension RuntimeReport {
  var overview: Document.Section {
    let forecast = estimate.totals.schedule
    let plan = estimate.plan
    var blocks: [Document.Block] = [
      .paragraph(
        "\(work) of \(estimate.model.name) on \(plan.gpus) × \(estimate.device) takes "
          + "\(Quantity.time(forecast.seconds)) (90 % interval \(Quantity.time(forecast.low)) to "
          + "\(Quantity.time(forecast.high))) by the schedule of its DAG with \(plan.tp)-way tensor and \(plan.pp)-stage "
          + "pipeline parallelism\(plan.cp > 1 ? ", sequences in \(plan.cp) parts" : "")"
          + "\(plan.ep > 1 ? ", experts shared by \(plan.ep)" : "")\(plan.dp > 1 ? " in \(plan.dp) replicas" : ""), "
          + "\(Self.title(plan.sharding)), \(plan.dtype.rawValue).")
    ]
    if estimate.options.work != .forward { blocks.append(.paragraph(speed)) }
    if let unchecked { blocks.append(.paragraph(unchecked)) }
    if !memory.fits {
      blocks.append(
        .paragraph(
          "It does not fit in memory: a GPU of stage \(memory.worst.stage) needs \(Quantity.bytes(memory.worst.total)) "
            + "and has \(Quantity.bytes(memory.capacity)). The times below are what the arithmetic and traffic would take; "
            + "see the audit for what would fit."))
    }
    return .init("Overview", blocks)
  }

  /// What of the time no row of this device checks; nil where rows check all of it.
  private var unchecked: String? {
    let shares = estimate.sourceShares
    guard shares.uncheckedShare > 0.0005 else { return nil }
    let parts = shares.unchecked.prefix(3).filter { $0.share > 0.0005 }.map {
      "\($0.activity.title) \(Quantity.percent($0.share))"
    }
    let list = parts.joined(separator: ", ")
    return shares.uncheckedShare > 0.9995
      ? "Not one row of this device was ever seen of what the step does: every figure is from other devices' rows and its "
        + "specification, and the interval is as wide as such forecasts have missed."
      : "Of the time \(Quantity.percent(shares.uncheckedShare)) rests on figures that no row of this device checks: \(list)."
  }

  private var work: String {
    switch estimate.options.work {
    case .forward: "One forward pass"
    case .training: "One training step"
    case .prefill: "One prefill"
    case .decode: "One decoding step"
    }
  }

  /// Tokens that a step computes.
  var tokens: Double {
    Double(estimate.plan.batch) * (estimate.options.work == .decode ? 1 : Double(estimate.plan.sequence))
  }

  private var speed: String {
    let makespan = estimate.schedule.makespan
    guard makespan > 0 else { return "It takes no time." }
    let rate = Quantity.count(tokens / makespan)
    let each = Quantity.significant(tokens / makespan / Double(estimate.plan.gpus), digits: 4)
    return "That is \(rate) tokens/s, \(each) a GPU"
      + (estimate.options.work == .training
        ? analysis.utilization.map {
          ", and a model FLOP utilization (MFU) of \(Quantity.percent($0)): the model's arithmetic, recomputation not "
            + "counted, over what the GPUs' peak would do in that time"
        } ?? "" : "")
      + (estimate.options.work == .decode
        ? ": one further token of \(estimate.plan.batch == 1 ? "one sequence" : "each of \(estimate.plan.batch) sequences")"
        : "")
      + "."
  }

  /// The schedule as the command line spells it.
  var scheduleName: String {
    switch estimate.options.schedule {
    case .gPipe: "gpipe"
    case .oneForwardOneBackward: "1f1b"
    case .interleaved: "interleaved"
    case .zeroBubble: "zb-h1"
    }
  }

  /// What the step does that the reference document's does not; nil where it is the document's.
  private var stepSentence: String? {
    let (options, plan) = (estimate.options, estimate.plan)
    guard options != StepOptions() else { return nil }
    var parts: [String] = []
    switch options.work {
    case .forward: parts.append("forward pass")
    case .training: parts.append("forward, backward and \(options.optimizer == .adam ? "Adam" : "SGD with momentum")")
    case .prefill: parts.append("prefill, leaving keys and values of \(Quantity.counted(plan.sequence, "token"))")
    case .decode: parts.append("decoding with keys and values of \(Quantity.counted(plan.sequence - 1, "token"))")
    }
    parts.append("\(options.attention.rawValue) attention")
    if options.work == .training, plan.pp > 1 || options.chunks > 1 {
      parts.append("schedule \(scheduleName)" + (options.chunks > 1 ? " with \(options.chunks) parts a stage" : ""))
    } else if options.chunks > 1 {
      parts.append("\(options.chunks) parts of the model on each stage")
    }
    if options.work == .training {
      parts.append("\(options.recomputation == .none ? "no" : options.recomputation.rawValue) recomputation")
    }
    if options.sequenceParallel { parts.append("sequence parallelism") }
    if options.dataSharding != .none { parts.append("ZeRO-\(options.dataSharding.rawValue)") }
    if let size = options.bucketSize, plan.dp > 1 { parts.append("gradients in buckets of \(Quantity.bytes(size))") }
    if options.overlapped.isEmpty { parts.append("no overlap of communication") }
    if let launch = options.launch {
      parts.append("\(Quantity.time(launch.operation)) for the host to launch an operation")
    }
    return "Step: " + parts.joined(separator: ", ")
  }

  /// The element types where they are not one; nil where everything is of the products' type.
  private var numbersSentence: String? {
    let (plan, types) = (estimate.plan, estimate.plan.types)
    guard types != NumberTypes(for: plan.dtype) || types.activation != plan.dtype else { return nil }
    let caches = estimate.options.work == .decode || estimate.options.work == .prefill
    return "Numbers: products in \(plan.dtype.rawValue), weights in \(storedWeights.name), "
      + (caches && types.cache != types.activation ? "KV cache in \(types.cache.rawValue), " : "")
      + "all else in \(types.activation.rawValue)"
  }

  /// How the step stores weights: in training in no fewer bits than the activations.
  private var storedWeights: WeightFormat {
    let types = estimate.plan.types
    let isNarrow = types.weight.size < Double(types.activation.size)
    return estimate.options.work == .training && isNarrow ? .plain(types.activation) : types.weight
  }

  /// What the blocks of each kind of layer say of themselves.
  private var layerPoints: [String] {
    let isOne = estimate.kinds.count == 1
    return estimate.kinds.enumerated().flatMap { index, kind in
      estimate.model.layerSummary(kind: index).map { name, value in
        isOne ? "\(name): \(value)" : "\(name) of \(kind.title): \(value)"
      }
    }
  }

  var configuration: Document.Section {
    let (model, plan) = (estimate.model, estimate.plan)
    var points = [
      "Total Layers: \(Quantity.counted(model.layers, "transformer layer"))",
      "Hidden Size: \(model.hidden)",
    ]
    points += layerPoints
    points += [
      "Batch Size: \(plan.batch)"
        + (plan.microBatches > 1 ? " in \(plan.microBatches) micro-batches of \(plan.microBatchSize)" : ""),
      "Sequence Length: \(plan.sequence)",
      "Parallelism: \(Quantity.counted(plan.pp, "pipeline stage")) × \(plan.tp)-way tensor parallelism"
        + (plan.cp > 1 ? " × sequences in \(plan.cp) parts" : "")
        + (plan.dp > 1 ? " × \(plan.dp) replicas" : "") + (plan.ep > 1 ? " (experts shared by \(plan.ep))" : "")
        + ", \(Quantity.counted(plan.gpus, "GPU")) in nodes of \(plan.gpusPerNode)",
      "Parameters: \(Quantity.significant(model.parameters / 1e9, digits: 4)) billion"
        + (model.activeParameters < model.parameters
          ? ", of which a token passes \(Quantity.significant(model.activeParameters / 1e9, digits: 4)) billion" : ""),
    ]
    if let stepSentence { points.append(stepSentence) }
    if let numbersSentence { points.append(numbersSentence) }
    if let vocabulary = model.vocabulary { points.append("Vocabulary: \(vocabulary)") }
    return .init("Model Configuration", [.list(points + estimate.notes.map { "Note: \($0)" })])
  }

  var sources: Document.Section { .init("Where the figures come from", [.list(provenance)]) }
}
