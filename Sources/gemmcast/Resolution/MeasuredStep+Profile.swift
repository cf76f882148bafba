internal import ForeignTables
internal import Reporting
internal import TransformerModels

extension MeasuredStep {
  /// What a profiler measured of so many steps.
  init(_ profile: ProfiledStep, steps: Int) {
    self.init(
      operations: profile.pieces.map(Operation.init), steps: steps, span: profile.span, busy: profile.busy,
      device: profile.device, isGPU: profile.isGPU)
  }
}

extension MeasuredStep.Operation {
  fileprivate init(_ piece: ProfiledStep.Piece) {
    self.init(
      name: piece.name, kind: MeasuredStep.Kind(piece.kind), work: MeasuredStep.Work(piece.work),
      seconds: piece.seconds, count: piece.count)
  }
}

extension MeasuredStep.Kind {
  fileprivate init(_ kind: KernelKind) {
    switch kind {
    case .gemm: self = .product
    case .attention: self = .attention
    case .collective: self = .exchange
    case .norm: self = .norm
    case .elementwise: self = .pass
    case .other: self = .other
    }
  }
}

extension MeasuredStep.Work {
  fileprivate init(_ work: TraceWork?) {
    switch work {
    case .gemm(let shape, let type, _): self = .product(shape, type)
    case .attention(let shape, _, _): self = .attention(shape)
    case .collective(let kind, let bytes, let ranks, _): self = .exchange(kind, bytes: bytes, ranks: ranks)
    // Graph and program cut passes over memory each in their own way.
    case .pass, nil: self = .unknown
    }
  }
}

extension ProfiledStep {
  /// Sentences on what its times hold and what they do not tell.
  var limits: [String] {
    var sentences: [String] = []
    if pieces.contains(where: { $0.kind == .collective }) {
      sentences.append("An exchange's measured time holds the wait for the slowest rank.")
    }
    if !hasShapes {
      sentences.append("The file has no extents, so that all is compared by kind; record_shapes=True records them.")
    }
    if !isGPU {
      sentences.append("Operators of a CPU: what one spends beside its product is of its own name.")
    }
    return sentences
  }
}

/// Which of a plan's GPUs was profiled.
struct ProfiledRank {
  /// Its pipeline stage.
  let stage: Int
  /// Sentences on how that is known.
  let sentences: [String]

  /// Takes the stage that is given, else that of the trace's rank, else the only one.
  ///
  /// Ranks run tensor-parallel first and pipeline stages last, as Megatron counts them.
  ///
  /// - Throws: `Failure` where there are several stages and nothing tells which, or there is none of that number.
  init(_ profile: ProfiledStep, plan: ParallelPlan, stage: Int?) throws {
    var sentences: [String] = []
    if let ranks = profile.ranks, ranks != plan.gpus {
      sentences.append("The trace is of one of \(ranks) ranks, the plan of \(Quantity.counted(plan.gpus, "GPU")).")
    }
    let known = profile.ranks == plan.gpus ? profile.rank.map { $0 / max(1, plan.gpus / plan.pp) } : nil
    guard let stage = stage ?? known ?? (plan.pp == 1 ? 0 : nil) else {
      throw Failure.usage("--pp is \(plan.pp), and the trace does not tell its rank of \(plan.gpus); give --stage")
    }
    guard (0..<plan.pp).contains(stage) else {
      throw Failure.usage("--stage is \(stage); 0 to \(plan.pp - 1) are expected")
    }
    if plan.pp > 1 { sentences.append("The forecast is of a GPU of stage \(stage) of \(plan.pp).") }
    (self.stage, self.sentences) = (stage, sentences)
  }
}
