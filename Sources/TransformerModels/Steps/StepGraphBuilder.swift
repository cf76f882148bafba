internal import GEMMTiming
internal import TaskGraphs

/// Places the passes of a step, stage by stage in the order of its schedule, and ties them together.
struct StepGraphBuilder {
  private(set) var templates: [PassTemplate] = []
  private(set) var cells: [StepGraph.Cell] = []
  private var passes: PassTemplates
  private let microBatches: Int
  private let ordering: StepGraph.Ordering
  private var builder = TaskGraph.Builder()
  /// The cell of each kind, part and micro-batch; −1 where there is none.
  private var cellIndex: [Int32]
  /// Passes that are equal for several parts are made once.
  private var templateIndex: [TemplateKey: Int] = [:]

  private struct TemplateKey: Hashable {
    let kind: PipelineCell.Kind
    /// Only updates differ from stage to stage.
    let stage: Int
    /// The places of the models of the stage and of its neighbours, to which it sends.
    let device, deviceBefore, deviceAfter: Int
    let isFirst: Bool
    let isLast: Bool
    let runs: [LayerStack.Run]
  }

  init(passes: PassTemplates, microBatches: Int, ordering: StepGraph.Ordering) throws(ModelError) {
    self.passes = passes
    self.microBatches = microBatches
    self.ordering = ordering
    let count = try Extent.product([passes.parts, microBatches, PipelineCell.Kind.allCases.count], "micro-batches")
    guard count <= 1 << 28 else { throw .tooLarge(name: "parts × micro-batches") }
    cellIndex = Array(repeating: -1, count: count)
  }

  /// Builds the graph; ``templates`` and ``cells`` then say what its nodes are.
  mutating func build() throws -> TaskGraph {
    let stages = passes.plan.pp
    var stageCells: [Range<Int>] = []
    var nodes = 0
    var dependencies = 0
    for stage in 0..<stages {
      let first = cells.count
      let order = StageOrder(
        stage: stage, stages: stages, microBatches: microBatches, options: passes.options)
      for cell in order.cells {
        let template = try template(for: cell)
        guard nodes < Int(Int32.max) - templates[template].operations.count else {
          throw ModelError.tooLarge(name: "the step's graph")
        }
        cellIndex[index(cell.kind, cell.part, cell.microBatch)] = Int32(truncatingIfNeeded: cells.count)
        cells.append(
          StepGraph.Cell(
            base: Int32(truncatingIfNeeded: nodes), template: Int32(truncatingIfNeeded: template), cell: cell))
        nodes += templates[template].operations.count
        dependencies += templates[template].dependencyCount + 3
      }
      stageCells.append(first..<cells.count)
    }
    builder.reserve(tasks: nodes, dependencies: dependencies + (ordering == .streams ? nodes : 0))
    for (stage, range) in stageCells.enumerated() { place(range, stage: stage) }
    return try builder.build()
  }

  /// Adds the tasks of one stage, with the dependencies inside a pass and along each stream.
  private mutating func place(_ range: Range<Int>, stage: Int) {
    var last = [Int](repeating: -1, count: Stream.allCases.count)
    for cell in cells[range] {
      let base = Int(cell.base)
      let template = templates[Int(cell.template)]
      if cell.cell.kind == .update {
        connectUpdate(
          entry: base + template.entry, passes: cells[range], lastComputation: last[Stream.compute.rawValue])
        connectGradients(template, base: base, stage: stage, passes: cells[range])
      }
      let computed = last[Stream.compute.rawValue]
      var launches = false
      for (position, operation) in template.operations.enumerated() {
        let task = base + position
        if operation.stream == .host, !launches {
          // Between stages the host exchanges synchronously: it launches a pass when the one before is done.
          if ordering == .streams, passes.plan.pp > 1, computed >= 0 { builder.addDependency(of: task, on: computed) }
          launches = true
        }
        if let stream = operation.stream {
          builder.addTask(
            duration: operation.prediction.seconds, resource: stage * Stream.allCases.count + stream.rawValue)
          let previous = last[stream.rawValue]
          if ordering == .streams, previous >= 0 { builder.addDependency(of: task, on: previous) }
          last[stream.rawValue] = task
        } else {
          builder.addTask(duration: operation.prediction.seconds)
        }
        for earlier in operation.dependencies { builder.addDependency(of: task, on: base + earlier) }
      }
      connect(cell, entry: base + template.entry)
    }
  }

  /// Lets a stage's update wait for all its gradients.
  ///
  /// On streams the last computation is after all others; without streams every backward pass's ends are awaited.
  private mutating func connectUpdate(entry: Int, passes: ArraySlice<StepGraph.Cell>, lastComputation: Int) {
    switch ordering {
    case .streams:
      if lastComputation >= 0 { builder.addDependency(of: entry, on: lastComputation) }
    case .dependencies:
      for pass in passes where pass.cell.kind == .backward || pass.cell.kind == .weightGradient {
        for end in templates[Int(pass.template)].ends {
          builder.addDependency(of: entry, on: Int(pass.base) + end)
        }
      }
    }
  }

  /// Lets each exchange of one layer's gradients wait for the last pass that adds to them.
  private mutating func connectGradients(
    _ template: PassTemplate, base: Int, stage: Int, passes: ArraySlice<StepGraph.Cell>
  ) {
    var lastPass: [Int: StepGraph.Cell] = [:]
    guard !template.awaited.isEmpty else { return }
    let kind: PipelineCell.Kind = self.passes.splitsWeightGradients ? .weightGradient : .backward
    for pass in passes where pass.cell.kind == kind { lastPass[pass.cell.part] = pass }
    for awaited in template.awaited {
      guard let pass = lastPass[awaited.chunk * self.passes.plan.pp + stage] else { continue }
      for sum in templates[Int(pass.template)].gradientSums(ofLayer: awaited.layer) {
        builder.addDependency(of: base + awaited.position, on: Int(pass.base) + sum)
      }
    }
  }

  /// Lets a pass wait for what it receives from other passes.
  private mutating func connect(_ cell: StepGraph.Cell, entry: Int) {
    let (part, microBatch) = (cell.cell.part, cell.cell.microBatch)
    switch cell.cell.kind {
    case .forward:
      if part > 0 { depend(entry, on: .forward, part - 1, microBatch, \.exit) }
    case .backward:
      if part < passes.parts - 1 {
        depend(entry, on: .backward, part + 1, microBatch, \.exit)
      } else {
        depend(entry, on: .forward, part, microBatch, \.exit)
      }
    case .weightGradient:
      depend(entry, on: .backward, part, microBatch, \.result)
    case .update:
      break
    }
  }

  private mutating func depend(
    _ task: Int, on kind: PipelineCell.Kind, _ part: Int, _ microBatch: Int, _ position: KeyPath<PassTemplate, Int>
  ) {
    let found = cellIndex[index(kind, part, microBatch)]
    guard found >= 0 else { return }
    let cell = cells[Int(found)]
    builder.addDependency(of: task, on: Int(cell.base) + templates[Int(cell.template)][keyPath: position])
  }

  private func index(_ kind: PipelineCell.Kind, _ part: Int, _ microBatch: Int) -> Int {
    (Int(kind.rawValue) * passes.parts + part) * microBatches + microBatch
  }

  private mutating func template(for cell: PipelineCell) throws(ModelError) -> Int {
    let isUpdate = cell.kind == .update
    let stage = cell.part % passes.plan.pp
    func place(_ stage: Int) -> Int { passes.devices.place(ofStage: stage, isUpdate: isUpdate) }
    let key = TemplateKey(
      kind: cell.kind, stage: isUpdate ? cell.part : 0, device: place(stage),
      deviceBefore: place((stage + passes.plan.pp - 1) % passes.plan.pp),
      deviceAfter: place((stage + 1) % passes.plan.pp), isFirst: cell.part == 0,
      isLast: cell.part == (isUpdate ? passes.plan.pp : passes.parts) - 1,
      runs: isUpdate ? [] : passes.sharded.runs(ofPart: cell.part))
    if let known = templateIndex[key] { return known }
    templates.append(try passes.pass(of: cell))
    templateIndex[key] = templates.count - 1
    return templates.count - 1
  }
}
