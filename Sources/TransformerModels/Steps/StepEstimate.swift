public import GEMMTiming
public import TaskGraphs

/// The forecast of a step: its operations with their times, its graphs solved, and the three totals.
public struct StepEstimate: Sendable {
  /// The model.
  public let model: ModelConfiguration
  /// How its work is divided.
  public let plan: ParallelPlan
  /// What the step does.
  public let options: StepOptions
  /// The device's name as the time model has it.
  public let device: String
  /// What is legal about the plan and worth knowing.
  public let notes: [PlanNote]
  /// The operations of each kind of layer on one GPU for one micro-batch, by the kinds' first layers.
  public let kinds: [CostedLayer]
  /// One micro-batch, by dependencies alone.
  public let pass: StepGraph
  /// The longest path through ``pass``: the document's.
  public let criticalPath: CriticalPath
  /// All micro-batches, on streams.
  public let step: StepGraph
  /// When everything of ``step`` runs.
  public let schedule: StepSchedule
  /// The three totals.
  public let totals: StepTotals

  /// Forecasts a step.
  ///
  /// O(nodes of the step).
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model or the device cannot do an operation.
  public init(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions(),
    timeModel: any GEMMTimeModel
  ) throws(ModelError) {
    try self.init(model: model, plan: plan, options: options, devices: StageDevices(timeModel))
  }

  /// Forecasts a step whose stages may have devices of their own, and some of whose GPUs may be slow.
  ///
  /// ``kinds`` and the document's total are of the first stage's device at its full speed. O(nodes of the
  /// step), for each replica that must be looked at on account of `slowDowns`.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model, there is not one device a stage, a device cannot do
  ///   an operation, or a slow rank does not exist.
  public init(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions(), devices: StageDevices,
    slowDowns: RankSlowDowns = .none
  ) throws(ModelError) {
    self.model = model
    self.plan = plan
    self.options = options
    device = devices.name
    var notes = try plan.validate(model, options: options)
    var costs = OperationCosts(devices.model(ofStage: 0))
    let sharded = try ShardedModel(model: model, plan: plan, options: options)
    let kinds = try sharded.costed(by: &costs)
    self.kinds = kinds
    var (slowest, step) = (devices, StepGraph?.none)
    var longest = -Double.infinity
    for candidate in try slowDowns.applied(to: devices, plan: plan, options: options) {
      let graph = try StepGraph(model: model, plan: plan, options: options, devices: candidate)
      let length = CriticalPath.length(of: graph.graph)
      if length > longest { (slowest, step, longest) = (candidate, graph, length) }
    }
    guard let step else { throw .unsolvable("the step has no replica") }
    self.step = step
    if step.options.schedule != options.schedule { notes.append(.wholeBackwardPasses) }
    self.notes = notes
    schedule = StepSchedule(step)
    pass = try StepGraph(
      model: model, plan: plan, options: options, devices: slowest, ordering: .dependencies, microBatches: 1)
    criticalPath = CriticalPath(pass.graph)
    totals = StepTotals(
      document: try Self.document(kinds, sharded, costs: &costs),
      criticalPath: try pass.lengthInterval(median: criticalPath.length),
      schedule: try step.lengthInterval(median: schedule.makespan))
  }

  /// The products of the forward pass of each kind of layer, in its blocks' order.
  public var gemms: [CostedOperation] { kinds.flatMap(\.gemms) }

  private static func document(
    _ kinds: [CostedLayer], _ sharded: ShardedModel, costs: inout OperationCosts
  ) throws(ModelError) -> StepTotals.Document {
    var slowest: CostedOperation?
    var runtime = TimeInterval90.zero
    for kind in kinds {
      guard let longest = kind.longestGEMM else { continue }
      if longest.prediction.seconds > slowest?.prediction.seconds ?? -1 { slowest = longest }
      runtime = runtime + Double(kind.count) * TimeInterval90(longest.prediction)
    }
    guard let slowest else { throw .unsolvable("a layer has no matrix multiplication") }
    let (plan, send) = (sharded.plan, try costs.predict(sharded.send))
    let passes = Double(plan.microBatches + plan.pp - 1) / Double(plan.pp)
    let layers = sharded.model.layers
    let overhead = Double(sharded.parts - 1) * TimeInterval90(send)
    return StepTotals.Document(
      layerRuntime: 1 / Double(layers) * runtime, slowest: slowest, layers: layers, passes: passes,
      pipelineOverhead: overhead, total: passes * runtime + overhead)
  }
}
