internal import ArgumentParser
internal import GEMMTiming
internal import HostCalibration
internal import TransformerModels

/// What of a model is run on this host, and how.
struct ReplayOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Threads of each rank.", valueName: "number"))
  var threads = 1

  @Option(
    help: ArgumentHelp(
      "Layers with weights of their own; as many as fill the last-level cache four times unless told otherwise.",
      valueName: "number"))
  var layers: Int?

  @Option(
    help: ArgumentHelp(
      "How weights are stored: out-in as PyTorch has them, products A·Bᵀ, or in-out, products A·B.",
      valueName: "out-in|in-out"))
  var weights: WeightLayout = .outIn

  @Option(help: ArgumentHelp("Seconds of measuring; one pass over the layers is always made.", valueName: "seconds"))
  var budget = 10.0

  @Option(
    help: ArgumentHelp(
      "What weights and activations of all ranks may take, as in 2GiB; what is free unless told otherwise.",
      valueName: "size"))
  var maxMemory: MemorySize?

  @Option(help: "Decides weights and inputs.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "The OpenBLAS kernel: that of the table that forecasts unless told otherwise; auto tries those that suit this CPU.",
      valueName: "auto|inherit|name"))
  var coreType: String?

  @Option(
    name: .customLong("max-error"),
    help: ArgumentHelp(
      "Exit with code 1 when the layer's forecast is further than this from what was measured.", valueName: "percent"))
  var maximumError: Double?

  @Option(
    help: ArgumentHelp(
      "Also add the products to a timing table of this machine, library and kernel, as rows of cache sequence; a new file "
        + "is made where there is none.", valueName: "table"))
  var append: String?

  func validate() throws {
    for (name, value) in [("--threads", threads), ("--layers", layers ?? 1)] where value < 1 {
      throw ValidationError("\(name) is \(value); a whole number of at least 1 is expected")
    }
    if !(budget > 0) { throw ValidationError("--budget is \(budget); a positive number of seconds is expected") }
    if let maximumError, !(maximumError >= 0) {
      throw ValidationError("--max-error is \(maximumError); a percentage of at least 0 is expected")
    }
  }

  /// The plan of one host: its ranks share the layers' weights, and nothing else is divided.
  func plan(_ plan: PlanOptions, work: WorkOptions, for model: ModelConfiguration) throws -> ParallelPlan {
    for (name, value) in [
      ("--cp", plan.cp), ("--pp", plan.pp), ("--dp", plan.dp), ("--ep", plan.ep),
      ("--micro-batches", plan.microBatches),
    ] {
      if let value, value != 1 {
        throw Failure.usage(
          "\(name) is \(value); replay runs the layers of one replica and one stage: only 1 is expected")
      }
    }
    for (name, isGiven) in [
      ("--etp", plan.etp != nil), ("--expert-imbalance", plan.expertImbalance != nil),
      ("--cp-exchange", plan.cpExchange != nil),
    ] where isGiven { throw Failure.usage("\(name) divides what replay runs whole; leave it out") }
    if plan.predictionLayers != nil { throw Failure.usage("--mtp layers are not run by replay; leave it out") }
    if plan.stageLayers != nil { throw Failure.usage("--stage-layers is of pipelines; replay runs no pipeline") }
    if plan.sharding != .megatron {
      throw Failure.usage("--sharding \(plan.sharding.rawValue) gives no layer that computes anything; leave it out")
    }
    switch (work.mode, work.attention, work.sequenceParallel) {
    case (.training, _, _):
      throw Failure.usage("--mode training has a backward pass; replay runs forward, prefill or decode")
    case (_, .fused, _): throw Failure.usage("--attention fused is no kernel of this host; replay runs it unfused")
    case (_, _, true): throw Failure.usage("--sequence-parallel is not run by replay; leave it out")
    default: break
    }
    return try ParallelPlan(
      tp: plan.tp ?? 1, batch: plan.batch ?? 1,
      sequence: try work.sequence(given: plan.sequence) ?? min(model.maximumPositions ?? 2048, 4096), dtype: .fp32,
      gpusPerNode: max(plan.tp ?? 1, 1))
  }
}
