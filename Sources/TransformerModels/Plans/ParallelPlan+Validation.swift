internal import GEMMTiming

extension ParallelPlan {
  /// Checks that the plan can carry the model.
  ///
  /// tp must divide heads, hidden and ffn; it must divide the key-value heads or be a multiple of them, which then are
  /// replicated; with sequence parallelism it must divide the sequence. ep must divide the experts. A pp that does not
  /// divide the layers is allowed; layers given part by part must be the model's.
  ///
  /// - Returns: what is legal and worth knowing.
  /// - Throws: ``ModelError`` with the culprit.
  @discardableResult
  public func validate(
    _ model: ModelConfiguration, options: StepOptions = StepOptions()
  ) throws(ModelError) -> [PlanNote] {
    var blockNotes: [PlanNote] = []
    for block in model.stack.kinds.flatMap(\.blocks) {
      for note in try block.validate(self, options: options) where !blockNotes.contains(note) {
        blockNotes.append(note)
      }
    }
    try checkTensorParallelism(cuts: model.hidden, "hidden")
    if options.work == .decode, options.sequenceParallel {
      throw .conflict(
        problem: "sequence parallelism cuts along the sequence, and decoding computes one token of it",
        remedy: "decode without it")
    }
    if options.sequenceParallel, !sequence.isMultiple(of: tp) {
      throw .doesNotDivide(divisor: "tp", value: tp, dividend: "seq", of: sequence)
    }
    if let size = options.bucketSize, !(size > 0 && size.isFinite) {
      throw .conflict(problem: "the bucket size is \(size) bytes", remedy: "a number above 0 is expected")
    }
    try Extent.check(options.chunks, "interleave")
    let parts = try Extent.product([pp, options.chunks], "pp × interleave")
    if layersOfParts.isEmpty {
      guard parts <= model.layers else { throw .moreStagesThanLayers(stages: parts, layers: model.layers) }
    } else {
      guard layersOfParts.count == parts, layersOfParts.reduce(0, +) == model.layers else {
        throw .conflict(
          problem: "the plan places \(layersOfParts.reduce(0, +)) layers in \(layersOfParts.count) parts",
          remedy: "\(model.layers) layers in \(parts) parts are expected")
      }
    }
    if ep > 1, model.experts == nil {
      throw .conflict(problem: "ep is \(ep), and \(model.name) has no experts", remedy: "an ep of 1 is expected")
    }
    try validateContextParallelism(options)
    if options.chunks > 1, !microBatches.isMultiple(of: pp) {
      throw .conflict(
        problem:
          "an interleaved schedule takes micro-batches in rounds of pp, and \(microBatches) is no multiple of \(pp)",
        remedy: "set micro-batches to a multiple of \(pp)")
    }
    if options.work == .training, dtype == .int8 {
      throw .conflict(
        problem: "training in int8 has no gradients to speak of", remedy: "bf16, fp16, fp32 or fp8 is expected")
    }
    var notes = model.notes.filter { $0.applies(to: self) }.map { PlanNote.model($0) }
    let layers = (0..<pp).map { stage in
      (0..<options.chunks).reduce(0) { $0 + layerCount(ofPart: $1 * pp + stage, parts: parts, layers: model.layers) }
    }
    if let fullest = layers.max(), let emptiest = layers.min(), fullest > emptiest {
      notes.append(.unevenStages(fullest: fullest, emptiest: emptiest))
    }
    notes += blockNotes + usualKernels(model, options: options) + sparselyCheckedWork(options)
    if let maximum = model.maximumPositions, sequence > maximum {
      notes.append(.sequenceBeyondModel(sequence: sequence, maximumPositions: maximum))
    }
    if microBatches < pp { notes.append(.fewMicroBatches(microBatches: microBatches, stages: pp)) }
    if tp > gpusPerNode { notes.append(.tensorParallelAcrossNodes(tp: tp, gpusPerNode: gpusPerNode)) }
    return notes
  }

  /// What cutting sequences asks of a step.
  private func validateContextParallelism(_ options: StepOptions) throws(ModelError) {
    guard cp > 1 else { return }
    if options.sequenceParallel, !(sequence / cp).isMultiple(of: tp) {
      throw .doesNotDivide(divisor: "tp", value: tp, dividend: "seq / cp", of: sequence / cp)
    }
    if options.attention == .unfused {
      throw .conflict(
        problem: "cp is \(cp), and unfused attention needs whole sequences", remedy: "fused attention is expected")
    }
  }

  /// Where programs of today usually do otherwise; nothing for a bare stack of layers, whose operations are given.
  private func usualKernels(_ model: ModelConfiguration, options: StepOptions) -> [PlanNote] {
    model.vocabulary != nil && options.attention == .unfused ? [.unfusedAttention] : []
  }

  /// Work whose forecasts were compared with too few measured steps for their intervals to be trusted.
  private func sparselyCheckedWork(_ options: StepOptions) -> [PlanNote] {
    options.work == .training && dtype.size == 1 ? [.sparselyCheckedTraining(dtype)] : []
  }

  /// The layers of each of `parts` consecutive parts: those given, else as even as they can be, the first parts taking
  /// what is left over.
  func layerCount(ofPart part: Int, parts: Int, layers: Int) -> Int {
    layersOfParts.indices.contains(part) ? layersOfParts[part] : layers / parts + (part < layers % parts ? 1 : 0)
  }

  /// The first layer of a part.
  func firstLayer(ofPart part: Int, parts: Int, layers: Int) -> Int {
    layersOfParts.isEmpty
      ? layers / parts * part + min(part, layers % parts) : layersOfParts.prefix(part).reduce(0, +)
  }
}

// Ranks are numbered with tp running fastest, then cp, then dp, then pp, as Megatron-LM does.
extension ParallelPlan {
  /// On which nodes a tensor-parallel group is.
  var tensorPlacement: NodePlacement { placement(tp, apart: 1) }

  /// On which nodes a context-parallel group is: its members stand tp apart.
  var contextPlacement: NodePlacement { placement(cp, apart: tp) }

  /// On which nodes the group is that holds the same weights: its members stand tp apart.
  var dataPlacement: NodePlacement { placement(replicas, apart: tp) }

  /// On which nodes the group is that shares the experts of a layer out: its members stand etp apart.
  var expertPlacement: NodePlacement { placement(ep, apart: etp) }

  /// On which nodes the group is that shares one expert.
  var expertTensorPlacement: NodePlacement { placement(etp, apart: 1) }

  /// GPUs that hold the same part of the same experts.
  var expertReplicas: Int { tp * replicas / (ep * etp) }

  /// On which nodes those are: they stand etp·ep apart.
  var expertReplicaPlacement: NodePlacement { placement(expertReplicas, apart: etp * ep) }

  /// Between which nodes a send between neighbouring stages goes: one node where every pair shares one, else as far as a
  /// stage is long.
  var sendPlacement: NodePlacement {
    gpus <= gpusPerNode
      ? NodePlacement(nodes: 1)
      : NodePlacement(
        nodes: 2, stride: max(1, Double(tp * replicas) / Double(gpusPerNode)), span: (gpus - 1) / gpusPerNode + 1)
  }

  private func placement(_ members: Int, apart ranks: Int) -> NodePlacement {
    NodePlacement(members: members, apart: ranks, gpusPerNode: gpusPerNode)
  }

  /// Tokens of all GPUs that share the same experts out, where each has so many: those of one tensor-parallel group are
  /// the same ones.
  func tokensOfExperts(_ tokens: Int, _ options: StepOptions) throws(ModelError) -> Int {
    guard ep > 1, !expertsShareTokens(options) else { return tokens }
    return max(1, (try Extent.product([tokens, ep, etp], "tokens × ep") - 1) / tp + 1)
  }

  /// Whether the GPUs that share the experts out all have the tokens already: those of one tensor-parallel group do.
  func expertsShareTokens(_ options: StepOptions) -> Bool {
    !options.sequenceParallel && etp < tp && ep * etp <= tp
  }
}
