internal import TaskGraphs

/// Device memory of one GPU of a stage over the course of a step.
public struct MemoryTimeline: Sendable {
  /// How much is held from some moment on.
  public struct Point: Hashable, Sendable {
    /// Seconds since the step's begin.
    public let seconds: Double
    /// Bytes held from then until the next point.
    public let bytes: Double
    /// The pass that begins or ends then.
    public let cell: PipelineCell
  }

  /// The stage.
  public let stage: Int
  /// Bytes of weights, gradients and optimizer state, which stay.
  public let persistent: Double
  /// The changes in order of time.
  public let points: [Point]

  /// The first point at which the most is held; nil for a step without passes.
  public var peak: Point? {
    var peak = points.first
    for point in points where point.bytes > (peak?.bytes ?? 0) { peak = point }
    return peak
  }

  /// Follows a stage through its scheduled passes.
  ///
  /// A pass's activations are there from the begin of its forward computation to the end of its backward one.
  /// O(nodes of the stage).
  ///
  /// - Throws: ``ModelError`` when there is no such stage.
  public init(_ estimate: StepEstimate, stage: Int) throws(ModelError) {
    let plan = estimate.plan
    guard stage >= 0, stage < plan.pp else {
      throw .conflict(problem: "there is no stage \(stage)", remedy: "0 to \(plan.pp - 1) are expected")
    }
    let options = estimate.step.options
    let sharded = try ShardedModel(model: estimate.model, plan: plan, options: options)
    let persistent = sharded.persistentBytes(ofStage: stage).values.sorted().reduce(0, +)
    let order = StageOrder(stage: stage, stages: plan.pp, microBatches: plan.microBatches, options: options)
    let memory = StageMemory(sharded: sharded, order: order)
    let cells = estimate.step.cells.filter { $0.cell.part % plan.pp == stage }
    var points: [Point] = []
    for (cell, level) in zip(cells, memory.levels) {
      let span = estimate.step.computation(of: cell, in: estimate.schedule)
      points.append(
        Point(seconds: span.lowerBound, bytes: persistent + level.during.total, cell: cell.cell))
      points.append(Point(seconds: span.upperBound, bytes: persistent + level.after.total, cell: cell.cell))
    }
    self.stage = stage
    self.persistent = persistent
    self.points = points
  }
}

extension StepGraph {
  /// When a pass computes, from its first computation's start to its last one's end.
  func computation(of cell: Cell, in schedule: StepSchedule) -> ClosedRange<Double> {
    let operations = templates[Int(cell.template)].operations
    let base = Int(cell.base)
    let first = operations.firstIndex { $0.stream == .compute } ?? 0
    let last = operations.lastIndex { $0.stream == .compute } ?? first
    let start = schedule.path.earliestStart[base + first]
    return start...max(start, schedule.path.earliestStart[base + last] + graph.durations[base + last])
  }
}
