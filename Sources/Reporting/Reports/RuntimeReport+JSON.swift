internal import DataFiles
internal import GEMMTiming
internal import TaskGraphs
internal import TransformerModels

extension RuntimeReport {
  /// The report's figures as JSON: times in seconds, sizes in bytes, work in flops, shares as fractions.
  public func json() -> String {
    JSONText.object([
      ("format", .string("gemmcast-runtime-report")), ("version", .integer(1)),
      ("model", .string(estimate.model.name)), ("device", .string(estimate.device)), ("plan", planValue),
      ("totals", .object(estimates.map { ($0.plan.sharding.rawValue, Self.totals($0.totals)) })),
      (
        "parameters",
        .object([
          ("total", .number(estimate.model.parameters)), ("active", .number(estimate.model.activeParameters)),
        ])
      ),
      ("layer_operations", .array(estimate.kinds.flatMap(layerOperations))),
      ("critical_path", criticalPathValue), ("analysis", analysisValue), ("memory", memoryValue),
      ("step", stepValue), ("explanation", explanationValue), ("sources", sourcesValue),
      ("basis", basisValue), ("notes", .array(estimate.notes.map { .string($0.description) })),
      ("provenance", .array(provenance.map { .string($0) })),
    ]).text
  }

  /// The shares of the schedule's chain by where their times are from.
  private var sourcesValue: JSONText {
    let shares = estimate.sourceShares
    return .object(
      [("unchecked", .number(shares.uncheckedShare))]
        + TimePrediction.Source.allCases.map { ($0.rawValue, .number(shares[$0])) })
  }

  private var planValue: JSONText {
    let plan = estimate.plan
    return .object([
      ("tp", .integer(plan.tp)), ("pp", .integer(plan.pp)), ("dp", .integer(plan.dp)), ("ep", .integer(plan.ep)),
      ("cp", .integer(plan.cp)), ("etp", .integer(plan.etp)),
      ("gpus", .integer(plan.gpus)),
      ("micro_batches", .integer(plan.microBatches)), ("batch", .integer(plan.batch)), ("seq", .integer(plan.sequence)),
      ("dtype", .string(plan.dtype.rawValue)), ("activation_dtype", .string(plan.types.activation.rawValue)),
      ("weight_dtype", .string(plan.types.weight.name)), ("kv_dtype", .string(plan.types.cache.rawValue)),
      ("cp_exchange", plan.cp > 1 ? .string(plan.contextExchange.rawValue) : .null),
      ("expert_imbalance", .number(plan.expertImbalance)), ("sharding", .string(plan.sharding.rawValue)),
    ])
  }

  /// What the step does, and how fast that is.
  private var stepValue: JSONText {
    let options = estimate.options
    return .object([
      ("work", .string(options.work.rawValue)), ("attention", .string(options.attention.rawValue)),
      ("schedule", options.work == .training ? .string(scheduleName) : .null),
      ("interleave", .integer(options.chunks)), ("recompute", .string(options.recomputation.rawValue)),
      ("sequence_parallel", .bool(options.sequenceParallel)), ("zero", .integer(options.dataSharding.rawValue)),
      ("optimizer", options.work == .training ? .string(options.optimizer.rawValue) : .null),
      ("bucket_bytes", options.bucketSize.map { .number($0) } ?? .null),
      ("overlap", .bool(!options.overlapped.isEmpty)), ("tokens", .number(tokens)),
      ("tokens_per_s", .number(tokens / estimate.schedule.makespan)),
    ])
  }

  private static func interval(_ interval: TimeInterval90) -> JSONText {
    .object([("time_s", .number(interval.seconds)), ("lo_s", .number(interval.low)), ("hi_s", .number(interval.high))])
  }

  private static func totals(_ totals: StepTotals) -> JSONText {
    .object([
      ("document", interval(totals.document.total)), ("critical_path", interval(totals.criticalPath)),
      ("schedule", interval(totals.schedule)), ("layer_runtime", interval(totals.document.layerRuntime)),
      ("layer_runtime_op", .string(totals.document.slowest.operation.name)),
      ("pipeline_overhead", interval(totals.document.pipelineOverhead)),
    ])
  }

  /// The operations of one kind of layer; which layers are of it where there are several kinds.
  private func layerOperations(_ kind: CostedLayer) -> [JSONText] {
    let layers = estimate.kinds.count == 1 ? nil : kind.layersText
    return (kind.forward + kind.backward).map { Self.operation($0, of: layers) }
  }

  private static func operation(_ operation: CostedOperation, of layers: String?) -> JSONText {
    var members: [(String, JSONText)] = [("op", .string(operation.operation.name))]
    if let layers { members.append(("layers", .string(layers))) }
    switch operation.operation.operation {
    case .gemm(let shape, _, _):
      members += [
        ("m", .integer(shape.m)), ("k", .integer(shape.k)), ("n", .integer(shape.n)), ("batch", .integer(shape.batch)),
        ("flops", .number(shape.flops)),
      ]
    case .memory(let traffic): members.append(("bytes", .number(traffic.bytes)))
    case .attention(let shape, _): members.append(("flops", .number(shape.flops)))
    case .communication(let exchange):
      members += [
        ("collective", .string(exchange.kind.rawValue)), ("bytes", .number(exchange.bytes)),
        ("ranks", .integer(exchange.ranks)),
      ]
    case .none: break
    }
    if operation.operation.repeats != 1 { members.append(("repeats", .number(operation.operation.repeats))) }
    return .object(members + operation.prediction.jsonMembers)
  }

  private var criticalPathValue: JSONText {
    .object([
      ("length_s", .number(estimate.criticalPath.length)),
      ("level", .string(pathLevel.rawValue)),
      (
        "path",
        .array(
          estimate.pass.path(estimate.criticalPath.tasks, level: pathLevel).map {
            .object([("name", .string($0.name)), ("time_s", .number($0.seconds))])
          })
      ),
    ])
  }

  private var analysisValue: JSONText {
    var members: [(String, JSONText)] = [
      (
        "layer_shares",
        .array(
          analysis.shares.map {
            .object([
              ("op", .string($0.role.rawValue)), ("time_s", .number($0.seconds)), ("share", .number($0.share)),
              ("bound", .string($0.bound.rawValue)),
            ])
          })
      ),
      ("communication_share", .number(analysis.communicationShare)), ("bubble", .number(analysis.bubble)),
      ("uniform_bubble", .number(analysis.uniformBubble)),
      ("layer_flops", .number(analysis.flops.whole)),
      ("layer_flops_megatron", .number(analysis.flops.megatron)),
      ("layer_flops_documented", .number(analysis.flops.documented)),
    ]
    if let scaling = analysis.tensorScaling {
      members.append(("tensor_parallel_efficiency", .number(scaling.efficiency)))
    }
    if let utilization = analysis.utilization { members.append(("utilization", .number(utilization))) }
    members.append(("all_scores_credit", .number(analysis.creditOfAllScores)))
    return .object(members)
  }

  private var basisValue: JSONText {
    guard let basis else { return .null }
    let steps = basis.steps.map { step in
      JSONText.object([("model", .string(step.name)), ("schedule", Self.interval(step.forecast))])
    }
    let host = basis.host.map { host in
      JSONText.object([
        ("device", .string(host.name)), ("dtype", .string(host.dtype.rawValue)),
        (
          "gemms",
          .array(
            host.gemms.map { gemm in
              .object([("op", .string(gemm.operation.name))] + gemm.prediction.jsonMembers)
            })
        ),
      ])
    }
    return .object([("models", .array(steps)), ("host", host ?? .null)])
  }
}
