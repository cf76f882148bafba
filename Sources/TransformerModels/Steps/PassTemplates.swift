internal import GEMMTiming

/// Makes the passes of a step: forward, backward and update of each part of the model.
struct PassTemplates {
  let sharded: ShardedModel
  let devices: StageDevices
  /// By the places of the devices' models.
  private var costs: [OperationCosts]
  /// The place of the model that costs what is added.
  private var place = 0

  init(
    _ sharded: ShardedModel, devices: StageDevices
  ) throws(ModelError) {
    self.sharded = sharded
    try devices.validate(sharded.plan)
    self.devices = devices
    costs = devices.costs
  }

  var model: ModelConfiguration { sharded.model }
  var plan: ParallelPlan { sharded.plan }
  var options: StepOptions { sharded.options }
  var setting: LayerSetting { sharded.setting }

  /// Makes the pass that a cell is an instance of.
  mutating func pass(of cell: PipelineCell) throws(ModelError) -> PassTemplate {
    place = devices.place(ofStage: cell.part % plan.pp, isUpdate: cell.kind == .update)
    return switch cell.kind {
    case .forward: try forward(part: cell.part)
    case .backward: try backward(part: cell.part)
    case .weightGradient: try weightGradient(part: cell.part)
    case .update: try update(stage: cell.part)
    }
  }

  /// Sends a part's result to the part that takes it on, at the pace of the slower end.
  mutating func addSend(
    _ pass: inout PassTemplate, to part: Int, after result: Int, phase: LayerOperation.Phase
  ) throws(ModelError) -> Int {
    let own = place
    defer { place = own }
    let other = devices.place(ofStage: part % plan.pp, isUpdate: false)
    if try costs[other].predict(sharded.send).seconds > costs[own].predict(sharded.send).seconds { place = other }
    return try add(&pass, .sendStage, sharded.send, after: [result], phase: phase)
  }

  var parts: Int { sharded.parts }

  /// The forward pass of one part.
  mutating func forward(part: Int) throws(ModelError) -> PassTemplate {
    var pass = PassTemplate()
    var current: Int
    if part == 0 {
      current = try add(&pass, .input, .none, after: [])
      pass.entry = current
      current = try add(&pass, .broadcast, sharded.inputBroadcast, after: [current])
      if model.vocabulary != nil { current = try addEmbedding(&pass, after: current) }
    } else {
      current = try add(&pass, .receiveStage, sharded.receive, after: [])
      pass.entry = current
    }
    let layers = sharded.graphs(ofPart: part)
    for (index, layer) in layers.enumerated() {
      current = try add(layer, layer.forward, to: &pass, layer: index, entry: current)
      if index < layers.count - 1 { current = try add(&pass, .sendLayer, .none, after: [current], layer: index) }
    }
    if part < parts - 1 {
      pass.result = current
      current = try addSend(&pass, to: part + 1, after: current, phase: .forward)
    } else {
      if model.vocabulary != nil { current = try addHead(&pass, after: current) }
      pass.result = current
      current = try add(&pass, .output, .none, after: [current])
    }
    pass.exit = current
    return pass
  }

  /// A layer's operations; the last of them is its result.
  ///
  /// Where some of a layer's operations are left out, `renumbered` has the new places of all.
  mutating func add(
    _ graph: LayerGraph, _ operations: [LayerOperation], to pass: inout PassTemplate, layer: Int, entry: Int,
    renumbered: [Int]? = nil
  ) throws(ModelError) -> Int {
    let launch = try addLaunch(&pass, of: operations, layer: layer)
    let gather = try addWeightGather(&pass, of: graph, layer: layer, phase: operations.last?.phase ?? .forward)
    let base = pass.operations.count
    for (position, operation) in operations.enumerated() {
      var after = operation.dependencies.map {
        $0 == LayerOperation.entry ? entry : base + (renumbered?[$0] ?? $0)
      }
      if let gather, operation.dependencies.contains(LayerOperation.entry) { after.append(gather) }
      if let launch, position == operations.count - 1 { after.append(launch) }
      _ = try append(operation, to: &pass, layer: layer, after: after)
    }
    let result = pass.operations.count - 1
    try addGradientScatter(&pass, of: graph, layer: layer, from: base)
    return result
  }

  /// The host's launching of a layer's operations: the last of them cannot end before it.
  ///
  /// Launching runs ahead of the GPUs as far as the host is let; it waits for what a pass receives. Where host and GPU
  /// take about as long, each waits for the other in turn, which lengthens both.
  private mutating func addLaunch(
    _ pass: inout PassTemplate, of operations: [LayerOperation], layer: Int
  ) throws(ModelError) -> Int? {
    guard let launch = options.launch else { return nil }
    let isFirst = !pass.operations.contains { $0.stream == .host }
    let host = launch.operation * Double(operations.count { $0.operation != .none })
    var gpu = 0.0
    for operation in operations where stream(of: operation) == .compute {
      gpu += try costs[place].predict(operation).seconds
    }
    let stall = launch.stall(host: host, gpu: gpu)
    pass.addLaunch(seconds: stall, spread: launch.spread, layer: layer, stream: .compute, after: [])
    return pass.addLaunch(
      seconds: host + stall + (isFirst ? launch.pass : 0), spread: launch.spread, layer: layer, stream: .host,
      after: isFirst && plan.pp > 1 ? [pass.entry] : [])
  }

  mutating func add(
    _ pass: inout PassTemplate, _ role: OperationRole, _ operation: GEMMTiming.Operation, after: [Int],
    layer: Int? = nil, phase: LayerOperation.Phase = .forward
  ) throws(ModelError) -> Int {
    try append(LayerOperation(role, phase, operation, after: []), to: &pass, layer: layer, after: after)
  }

  mutating func append(
    _ operation: LayerOperation, to pass: inout PassTemplate, layer: Int?, after: [Int]
  ) throws(ModelError) -> Int {
    pass.add(
      PassOperation(
        operation: operation, prediction: try costs[place].predict(operation),
        layer: layer,
        stream: stream(of: operation), dependencies: after))
  }

  private func stream(of operation: LayerOperation) -> Stream? {
    switch operation.operation {
    case .gemm, .memory, .attention: return .compute
    case .none: return nil
    case .communication:
      let own = operation.role.stream
      return options.overlapped.contains(own) ? own : .compute
    }
  }
}
