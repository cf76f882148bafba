internal import ArgumentParser
internal import GEMMTiming
internal import ModelFiles
internal import TransformerModels

/// How a model is divided over GPUs.
struct PlanOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Tensor-parallel degree.", valueName: "number"))
  var tp: Int?

  @Option(
    help: ArgumentHelp(
      "Context-parallel degree: every sequence is cut into so many parts.", valueName: "number"))
  var cp: Int?

  @Option(
    help: ArgumentHelp(
      "How keys and values are exchanged with --cp: ring unless told otherwise.", valueName: "way"))
  var cpExchange: ParallelPlan.ContextExchange?

  @Option(help: ArgumentHelp("Pipeline stages.", valueName: "number"))
  var pp: Int?

  @Option(help: ArgumentHelp("Data-parallel replicas.", valueName: "number"))
  var dp: Int?

  @Option(
    help: ArgumentHelp(
      "Expert-parallel degree: so many GPUs share the experts of a layer out.", valueName: "number"))
  var ep: Int?

  @Option(
    help: ArgumentHelp(
      "Tensor-parallel degree of each expert; --tp unless told otherwise.", valueName: "number"))
  var etp: Int?

  @Option(
    help: ArgumentHelp(
      "How many times the mean the busiest expert GPU's tokens are; 1 unless told otherwise.", valueName: "factor"))
  var expertImbalance: Double?

  @Option(
    help: ArgumentHelp(
      "The layers of each part of the model, as in 10,11,11,10; as even as they can be unless told otherwise.",
      valueName: "n,n,…"))
  var stageLayers: StageLayers?

  @Option(help: ArgumentHelp("Micro-batches that make one replica's part of the batch.", valueName: "number"))
  var microBatches: Int?

  @Option(help: ArgumentHelp("Sequences of a step, over all replicas.", valueName: "number"))
  var batch: Int?

  @Option(name: .customLong("seq"), help: ArgumentHelp("Tokens of a sequence.", valueName: "number"))
  var sequence: Int?

  @Option(
    name: .customLong("mtp"),
    help: ArgumentHelp(
      "Layers that predict further tokens, as DeepSeek-V3 has one; none unless told otherwise.", valueName: "number"))
  var predictionLayers: Int?

  @Option(help: "megatron: flops over all ranks add up to the model's; documented: the reference document's shapes.")
  var sharding: ParallelPlan.Sharding = .megatron

  /// Ranks that share the weights, as far as the command line says.
  var ranks: Int { max(tp ?? 1, 1) * max(pp ?? 1, 1) }

  /// The names of the options that the command line gives.
  var given: [String] {
    [
      ("--tp", tp != nil), ("--cp", cp != nil), ("--cp-exchange", cpExchange != nil), ("--pp", pp != nil),
      ("--dp", dp != nil), ("--ep", ep != nil), ("--etp", etp != nil),
      ("--expert-imbalance", expertImbalance != nil), ("--stage-layers", stageLayers != nil),
      ("--micro-batches", microBatches != nil), ("--batch", batch != nil), ("--seq", sequence != nil),
      ("--mtp", predictionLayers != nil), ("--sharding", sharding != .megatron),
    ].filter(\.1).map(\.0)
  }

  /// The model that is named or read.
  func configuration(of model: String) throws -> ModelConfiguration {
    try ModelConfiguration(named: model).with(predictionLayers: predictionLayers ?? 0)
  }

  /// The plan: what is not given is the reference document's for its own model, and one GPU for any other.
  func plan(
    for configuration: ModelConfiguration, work: WorkOptions, dtype: DataType, types: NumberTypes? = nil,
    gpusPerNode: Int
  ) throws -> ParallelPlan {
    if cpExchange != nil, cp ?? 1 == 1 { throw Failure.usage("--cp-exchange is for --cp above 1") }
    let sequence = try work.sequence(given: sequence)
    let defaults =
      configuration == .reference
      ? ParallelPlan.reference
      : try ParallelPlan(batch: 1, sequence: min(configuration.maximumPositions ?? 2048, 4096))
    return try defaults.with(
      tp: tp, cp: cp, pp: pp, dp: dp, ep: ep, etp: etp, microBatches: microBatches, batch: batch, sequence: sequence,
      dtype: dtype, types: types, sharding: sharding, contextExchange: cpExchange, expertImbalance: expertImbalance,
      gpusPerNode: gpusPerNode, layersOfParts: stageLayers?.counts)
  }
}

/// Numbers of layers with commas between, as the command line gives them.
struct StageLayers: ExpressibleByArgument {
  let counts: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    counts = parts.compactMap { Int($0) }
    guard counts.count == parts.count, !counts.isEmpty else { return nil }
  }
}
