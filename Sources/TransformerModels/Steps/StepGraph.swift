public import GEMMTiming
public import TaskGraphs

/// The costed DAG of a step: every operation of every stage for every micro-batch.
///
/// The ranks of a tensor-parallel group do the same at the same time and are folded into one, as are replicas. A node
/// carries nothing but its duration and stream: what it is follows from its id, by the pass it lies in and its place
/// there.
public struct StepGraph: Sendable {
  /// What makes an operation wait.
  public enum Ordering: Sendable {
    /// Its inputs alone.
    case dependencies
    /// Its inputs, and the operation launched before it on the same stream.
    case streams
  }

  /// The model.
  public let model: ModelConfiguration
  /// How its work is divided.
  public let plan: ParallelPlan
  /// What the step does; with a schedule of whole backward passes where splitting them would take longer.
  public let options: StepOptions
  /// How many micro-batches the graph holds.
  public let microBatches: Int
  /// The tasks; task ids are node ids, resources are stage · number of streams + stream.
  public let graph: TaskGraph

  /// The passes that cells are instances of.
  let templates: [PassTemplate]
  /// The cells by rising first node.
  let cells: [Cell]

  /// A pass of one micro-batch through one part, placed in the graph.
  struct Cell: Sendable {
    /// The id of its first node.
    let base: Int32
    let template: Int32
    let cell: PipelineCell
  }

  /// Builds and costs a step.
  ///
  /// O(nodes); each distinct operation is asked of the time model once.
  ///
  /// The graph holds `microBatches` of the plan's micro-batches, by default all of them. Splitting the backward passes
  /// (``StepOptions/Schedule/zeroBubble``) lays exchanges bare that otherwise run beside the weights' gradients; where
  /// that costs more than the bubble that it fills, passes stay whole, and ``options`` says 1F1B.
  ///
  /// - Throws: ``ModelError`` when the plan cannot carry the model, the device cannot do an operation, or the graph is
  ///   too large.
  public init(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions(),
    timeModel: any GEMMTimeModel, ordering: Ordering = .streams, microBatches: Int? = nil
  ) throws(ModelError) {
    try self.init(
      model: model, plan: plan, options: options, devices: StageDevices(timeModel), ordering: ordering,
      microBatches: microBatches)
  }

  /// Builds and costs a step whose stages may have devices of their own.
  ///
  /// As ``init(model:plan:options:timeModel:ordering:microBatches:)``.
  ///
  /// - Throws: ``ModelError`` as there, and when there is not one device a stage.
  public init(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions = StepOptions(), devices: StageDevices,
    ordering: Ordering = .streams, microBatches: Int? = nil
  ) throws(ModelError) {
    let count = microBatches ?? plan.microBatches
    try Extent.check(count, "micro-batches")
    let sharded = try ShardedModel(model: model, plan: plan, options: options)
    guard StepSize(sharded, microBatches: count).operations <= Double(StepSize.largest) else {
      throw .tooLarge(name: "the number of the step's operations", limit: StepSize.largest)
    }
    var step = try StepGraph(sharded, devices, ordering, microBatches: count)
    if options.schedule == .zeroBubble, options.work == .training, ordering == .streams {
      var joined = options
      joined.schedule = .oneForwardOneBackward
      let whole = try StepGraph(
        ShardedModel(model: model, plan: plan, options: joined), devices, ordering, microBatches: count)
      if CriticalPath.length(of: whole.graph) < CriticalPath.length(of: step.graph) { step = whole }
    }
    self = step
  }

  private init(
    _ sharded: ShardedModel, _ devices: StageDevices, _ ordering: Ordering, microBatches count: Int
  ) throws(ModelError) {
    var builder = try StepGraphBuilder(
      passes: PassTemplates(sharded, devices: devices), microBatches: count, ordering: ordering)
    do { graph = try builder.build() } catch let error as GraphError {
      throw .unsolvable(error.description)
    } catch let error as ModelError {
      throw error
    } catch {
      throw .unsolvable("\(error)")
    }
    (model, plan, options) = (sharded.model, sharded.plan, sharded.options)
    self.microBatches = count
    templates = builder.templates
    cells = builder.cells
  }

  /// How many nodes the graph has.
  public var nodeCount: Int { graph.taskCount }

  /// The cell in which a node lies, and the node's place in its pass.
  ///
  /// O(log cells).
  func locate(_ node: Int) -> (cell: Cell, position: Int) {
    var (low, high) = (0, cells.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(cells[middle].base) <= node { low = middle } else { high = middle }
    }
    return (cells[low], node - Int(cells[low].base))
  }

  func passOperation(of node: Int) -> PassOperation {
    let (cell, position) = locate(node)
    return templates[Int(cell.template)].operations[position]
  }

  /// What a node does.
  ///
  /// O(log cells), as are all questions about a node.
  public func operation(of node: Int) -> LayerOperation { passOperation(of: node).operation }

  /// A node's time, with its interval, bound and source.
  public func prediction(of node: Int) -> TimePrediction { passOperation(of: node).prediction }

  /// The stream that a node runs on; nil for bookkeeping that occupies none.
  public func stream(of node: Int) -> Stream? { passOperation(of: node).stream }

  /// The pass that a node is part of.
  public func cell(of node: Int) -> PipelineCell { locate(node).cell.cell }

  /// The pipeline stage of a node.
  public func stage(of node: Int) -> Int { cell(of: node).part % plan.pp }

  /// The layer of a node, counted from the model's first; nil outside the layers.
  public func layer(of node: Int) -> Int? {
    let (cell, position) = locate(node)
    return templates[Int(cell.template)].operations[position].layer.map { $0 + firstLayer(ofPart: cell.cell.part) }
  }

  /// The first layer of a part of the model.
  func firstLayer(ofPart part: Int) -> Int {
    plan.firstLayer(ofPart: part, parts: plan.pp * options.chunks, layers: model.layers)
  }

  /// The durations of all nodes, each made by `value` from its operation and prediction.
  ///
  /// O(nodes).
  func durations(_ value: (PassOperation) -> Double) -> [Double] {
    durations(ofTemplates: templates.map { $0.operations.map(value) })
  }

  /// The same graph with the durations that each pass's operations have.
  ///
  /// O(nodes).
  ///
  /// - Throws: ``ModelError/unsolvable(_:)`` for durations that are negative or not finite.
  func withDurations(ofTemplates byTemplate: [[Double]]) throws(ModelError) -> TaskGraph {
    try withDurations(durations(ofTemplates: byTemplate))
  }

  private func durations(ofTemplates byTemplate: [[Double]]) -> [Double] {
    var durations: [Double] = []
    durations.reserveCapacity(nodeCount)
    for cell in cells { durations += byTemplate[Int(cell.template)] }
    return durations
  }

  /// The same graph with other durations.
  ///
  /// O(nodes).
  ///
  /// - Throws: ``ModelError/unsolvable(_:)`` for durations that are negative or not finite.
  func recosted(_ value: (PassOperation) -> Double) throws(ModelError) -> TaskGraph {
    try withDurations(durations(value))
  }

  /// The same graph with other durations, made from an operation and the stage that it is on.
  ///
  /// O(nodes).
  ///
  /// - Throws: ``ModelError/unsolvable(_:)`` for durations that are negative or not finite.
  func recosted(_ value: (PassOperation, _ stage: Int) -> Double) throws(ModelError) -> TaskGraph {
    var known: [StagedTemplate: [Double]] = [:]
    var durations: [Double] = []
    durations.reserveCapacity(nodeCount)
    for cell in cells {
      let key = StagedTemplate(template: cell.template, stage: cell.cell.part % plan.pp)
      let values = known[key] ?? templates[Int(cell.template)].operations.map { value($0, key.stage) }
      known[key] = values
      durations += values
    }
    return try withDurations(durations)
  }

  private struct StagedTemplate: Hashable {
    let template: Int32
    let stage: Int
  }

  private func withDurations(_ durations: [Double]) throws(ModelError) -> TaskGraph {
    do { return try graph.withDurations(durations) } catch { throw .unsolvable(error.description) }
  }
}
