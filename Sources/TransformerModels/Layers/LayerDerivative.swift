internal import GEMMTiming

/// Derives a layer's backward pass from its forward pass.
///
/// The records are walked from the last to the first. A product Y = X·W of shape (m, k, n) gives the input's gradient
/// dY·Wᵀ of shape (m, n, k) and the weight's Xᵀ·dY of shape (k, m, n). An exchange is undone by its conjugate (Shoeybi et
/// al., arXiv 1909.08053, figure 3). A pass reads what it saved and its result's gradient, and writes its inputs'.
/// Weights' gradients behind a branch's entry are computed after the exchange of its input's, which so runs beside them.
struct LayerDerivative {
  private let setting: LayerSetting
  private let forward: [LayerOperation]
  private let records: [LayerRecord]
  private let weights: [(branch: Int, weight: LayerWeight)]
  /// Bytes of an element of the sums of gradients.
  private static let gradientSize = 4.0

  /// The backward pass.
  private(set) var operations: [LayerOperation] = []
  /// By tensor, the operations that make its gradient.
  private var gradients: [Int: [Int]] = [:]
  /// By tensor, the operation that makes it again.
  private var again: [Int: Int] = [:]
  /// By a view's tensor, the one that it shows.
  private var viewed: [Int: Int] = [:]
  /// Weights' gradients of the branch at hand that wait, and those that are computed.
  private var waiting: [Int] = []
  private var weightGradients: [Int] = []
  /// Columns of biases and parameters of the branch at hand.
  private var biasColumns = 0.0
  private var parameters = 0.0
  private var branch: (join: Int, frame: LayerRecord.Branch)?
  private var isSummed = true

  init(_ builder: LayerBuilder) throws(ModelError) {
    setting = builder.setting
    (forward, records, weights) = (builder.operations, builder.records, builder.weights)
    var start = LayerOperation.entry
    if setting.options.recomputation == .full {
      for operation in forward {
        start = add(operation.role, operation.operation, operation.dependencies, .recompute, repeats: operation.repeats)
      }
    }
    for record in records {
      guard case .view = record.step, let input = record.inputs.first else { continue }
      for output in record.outputs { viewed[output.id] = input.id }
    }
    if let last = records.last?.outputs.first { gradients[last.id] = [start] }
    for index in records.indices.reversed() { try walk(index) }
  }

  private mutating func walk(_ index: Int) throws(ModelError) {
    let record = records[index]
    if record.isRecomputed, again[record.outputs.first?.id ?? -1] == nil { recompute(endingIn: index) }
    let incoming = record.outputs.flatMap { gradients[$0.id] ?? [] }
    switch record.step {
    case .product(let weight, let shape, let type):
      let input = add(
        record.role, try setting.gemm(shape.m, shape.n, shape.k, batch: shape.batch, .inputGradient, type),
        cast(record, to: type, after: incoming), .inputGradient, repeats: repeats(record))
      give([input], to: record.inputs)
      if weight.cut == .columns { waiting.append(index) } else { try weightGradient(index) }
    case .contraction(let shape, let kind):
      let type = setting.plan.types.activation
      let after = incoming + made(again: record.inputs)
      let first = add(
        record.role, try setting.gemm(shape.m, shape.n, shape.k, batch: shape.batch, kind, type), after, .inputGradient)
      let second = add(
        record.role, try setting.gemm(shape.k, shape.m, shape.n, batch: shape.batch, .weightGradient, type), after,
        .weightGradient)
      give([first], to: Array(record.inputs.prefix(1)))
      give([second], to: Array(record.inputs.dropFirst().prefix(1)))
    case .kernel(let factor):
      let own = record.position.map { forward[$0].operation } ?? .none
      give([add(record.role, own, incoming, .backward, repeats: factor)], to: record.inputs)
    case .pass(let backward):
      try sumGradients(before: record)
      give([add(record.role, backward, incoming, .backward)], to: record.inputs)
    case .exchange(let conjugate):
      let result = conjugate.map { [add($0.role, $0.operation, incoming, .backward)] } ?? incoming
      give(result, to: record.inputs)
      if record.position != nil, !record.isRegathered { regather(before: index, after: incoming) }
    case .view:
      give(incoming, to: record.inputs)
    case .join:
      begin(index, incoming)
    case .fork(let frame):
      try sumGradients(before: record)
      try end(index, frame)
    }
  }

  /// The gradient of a product's result in the product's type.
  private mutating func cast(_ record: LayerRecord, to type: DataType, after incoming: [Int]) -> [Int] {
    guard let output = record.outputs.first, let operation = setting.cast(output.elements, to: type) else {
      return incoming
    }
    let role = OperationRole(record.role.rawValue + "_cast", record.role.block)
    gradients[output.id] = [add(role, operation, incoming, .backward)]
    return gradients[output.id] ?? incoming
  }

  // MARK: Branches

  private mutating func begin(_ index: Int, _ incoming: [Int]) {
    branch = nil
    for earlier in records[..<index].indices.reversed() {
      if case .fork(let frame) = records[earlier].step {
        branch = (index, frame)
        break
      }
    }
    (waiting, weightGradients, isSummed) = ([], [], false)
    give(incoming, to: Array(records[index].inputs.dropFirst()))
    (biasColumns, parameters) = (0, 0)
    for (number, weight) in weights where number == branch?.frame.number {
      parameters += weight.rankParameters
      biasColumns += weight.bias ? Double(weight.rankColumns) : 0
    }
  }

  /// The sum of the gradient that went past the branch and the one that came through it.
  private mutating func end(_ index: Int, _ frame: LayerRecord.Branch) throws(ModelError) {
    guard let join = branch?.join, let stream = records[index].inputs.first else { return }
    let past = records[join].outputs.flatMap { gradients[$0.id] ?? [] }
    let through = (gradients[stream.id] ?? []).filter { !past.contains($0) }
    gradients[stream.id] = [add(frame.roles.residual, frame.residual, past + through, .backward)]
  }

  /// Gathers again what a branch's weights' gradients need, unless a full recomputation has.
  private mutating func regather(before index: Int, after incoming: [Int]) {
    guard setting.options.recomputation != .full else { return }
    for record in records[..<index].reversed() {
      if case .fork = record.step { return }
      guard record.isRegathered, let position = record.position, let output = record.outputs.first else { continue }
      if again[output.id] != nil { return }
      again[output.id] = add(record.role, forward[position].operation, incoming, .recompute)
    }
  }

  // MARK: Weights

  private mutating func weightGradient(_ index: Int) throws(ModelError) {
    let record = records[index]
    guard case .product(_, let shape, let type) = record.step else { return }
    let after = record.outputs.flatMap { gradients[$0.id] ?? [] } + made(again: record.inputs)
    weightGradients.append(
      add(
        record.role, try setting.gemm(shape.k, shape.m, shape.n, batch: shape.batch, .weightGradient, type), after,
        .weightGradient, repeats: repeats(record), isWeight: true))
  }

  /// What follows when a branch's blocks are through: the weights' gradients that waited, their biases', and adding all
  /// to the micro-batches' sums.
  ///
  /// A bias's gradient is the column sum of the gradient of its layer's output. The sums are in fp32: a gradient is read in
  /// the plan's type, and its sum is read and written.
  private mutating func sumGradients(before record: LayerRecord) throws(ModelError) {
    guard !isSummed, let roles = branch?.frame.roles, record.isEntry(of: roles) else { return }
    isSummed = true
    for index in waiting.reversed() { try weightGradient(index) }
    if biasColumns > 0 {
      weightGradients.append(
        add(
          roles.biasGradient, setting.pass(.copy, read: Double(setting.tokens) * biasColumns, written: 0),
          weightGradients, .weightGradient, isWeight: true))
    }
    guard parameters > 0 else { return }
    let sums = Self.gradientSize / setting.activationSize
    _ = add(
      roles.gradientSum, setting.pass(.copy, read: parameters * (1 + sums), written: parameters * sums),
      weightGradients, .weightGradient, isWeight: true)
  }

  // MARK: Recomputation

  /// Does the steps that are not kept again, of which `index` is the last.
  private mutating func recompute(endingIn index: Int) {
    var first = index
    while first > 0, records[first - 1].isRecomputed { first -= 1 }
    let outside = records[index].outputs.flatMap { gradients[$0.id] ?? [] }
    for record in records[first...index] {
      guard let position = record.position else { continue }
      let inside = record.inputs.compactMap { again[$0.id] }
      let made = add(
        record.role, forward[position].operation, inside.isEmpty ? outside : inside, .recompute,
        repeats: repeats(record))
      for output in record.outputs { again[output.id] = made }
    }
  }

  /// The operations that make tensors, or what they are views of, again.
  private func made(again tensors: [LayerTensor]) -> [Int] {
    tensors.compactMap { tensor in
      var id = tensor.id
      while let source = viewed[id] { id = source }
      return again[id]
    }
  }

  // MARK: Bookkeeping

  private func repeats(_ record: LayerRecord) -> Double { record.position.map { forward[$0].repeats } ?? 1 }

  private mutating func give(_ operations: [Int], to tensors: [LayerTensor]) {
    for tensor in tensors {
      for operation in operations where !(gradients[tensor.id]?.contains(operation) ?? false) {
        gradients[tensor.id, default: []].append(operation)
      }
    }
  }

  private mutating func add(
    _ role: OperationRole, _ operation: GEMMTiming.Operation, _ after: [Int], _ phase: LayerOperation.Phase,
    repeats: Double = 1, isWeight: Bool = false
  ) -> Int {
    var dependencies: [Int] = []
    for earlier in after where !dependencies.contains(earlier) { dependencies.append(earlier) }
    operations.append(
      LayerOperation(role, phase, operation, after: dependencies, repeats: repeats, isWeightGradient: isWeight))
    return operations.count - 1
  }
}
