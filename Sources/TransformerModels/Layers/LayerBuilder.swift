internal import GEMMTiming

/// Takes down a layer's forward pass in the words of its blocks: weights, products, passes, exchanges.
///
/// A step comes after the steps that made its inputs. What it has to keep for the backward pass is said with it; all else
/// is derived from these records.
struct LayerBuilder {
  let setting: LayerSetting
  private(set) var operations: [LayerOperation] = []
  private(set) var records: [LayerRecord] = []
  private(set) var weights: [(branch: Int, weight: LayerWeight)] = []
  private(set) var vectors: [LayerVector] = []
  private(set) var caches: [LayerCache] = []
  /// The component whose weights are told.
  var component = OperationRole.Component.attention
  /// How many branches have begun.
  private var branches = 0
  /// Whether steps are done again in the backward pass.
  var isRecomputed = false
  private var together: Int?
  /// By a tensor's number, the place of the operation that makes it, and the tensor that is kept in its place.
  private var producers: [Int] = []
  private var sources: [LayerTensor] = []
  /// Tensors that norms made, which write them in whatever type is wanted, and by tensor its copy in a product's type.
  private var normed: Set<Int> = []
  private var casts: [Int: LayerTensor] = [:]

  init(_ setting: LayerSetting) { self.setting = setting }

  /// A value that nothing here makes: what the layer receives.
  mutating func input() -> LayerTensor { tensor(setting.stream, .stream, from: LayerOperation.entry) }

  // MARK: Weights and what is kept

  /// A linear layer of so many inputs and outputs; what is not told of this GPU's part is whole.
  mutating func weight(
    _ rows: Int, _ columns: Int, rankRows: Int? = nil, rankColumns: Int? = nil, cut: LayerWeight.Cut = .whole,
    bias: Bool = false, isPlain: Bool = false
  ) throws(ModelError) -> LayerWeight {
    for (name, value) in [("inputs", rows), ("outputs", columns)] { try Extent.check(value, name) }
    var weight = LayerWeight(
      rows: rows, columns: columns, rankRows: rankRows ?? rows, rankColumns: rankColumns ?? columns, cut: cut,
      bias: bias)
    weight.isPlain = isPlain || component == .attention && !setting.plan.types.storesAttentionSo
    weights.append((branches, weight))
    return weight
  }

  /// As many such matrices as there are experts: in the layer, on this GPU, and on a token's way.
  mutating func weight(_ weight: LayerWeight, ofExperts count: Int, local: Double, active: Double) -> LayerWeight {
    var weight = weight
    (weight.count, weight.rankCount, weight.active, weight.isExpert) = (Double(count), local, active, true)
    weights.append((branches, weight))
    return weight
  }

  /// Parameters of a norm, a filter or the like, cut into so many parts.
  mutating func vector(_ parameters: Double, parts: Int = 1) {
    guard parameters > 0 else { return }
    vectors.append(LayerVector(parameters: parameters, rankParameters: parameters / Double(parts)))
  }

  /// What is kept of earlier positions.
  mutating func cache(elementsPerPosition: Double, window: Int? = nil, stateBytes: Double = 0) {
    caches.append(LayerCache(elementsPerPosition: elementsPerPosition, window: window, stateBytes: stateBytes))
  }

  // MARK: Steps

  /// Activations of so many rows times a weight; `repeats` of it side by side where there are several of the weight.
  mutating func product(
    _ role: OperationRole, _ input: LayerTensor, _ weight: LayerWeight, rows: Int? = nil, copies: Int = 1,
    repeats: Double = 1, elements: Double? = nil, in type: DataType? = nil
  ) throws(ModelError) -> LayerTensor {
    let rows = rows ?? setting.tokens
    // The documented sharding cuts both dimensions.
    let documented = setting.plan.sharding == .documented
    let k = documented && weight.cut == .columns ? weight.rankRows / setting.plan.tp : weight.rankRows
    let n = documented && weight.cut == .rows ? weight.rankColumns / setting.plan.tp : weight.rankColumns
    let operation = try setting.gemm(rows, k, n, batch: copies, .weight, type)
    guard case .gemm(let shape, let type, _) = operation else { return input }
    let operand = cast(input, to: type, for: role)
    let output = tensor(
      elements ?? Double(rows) * Double(weight.rankColumns), .other, from: operations.count)
    let size = weight.isPlain ? setting.activationSize : setting.weightSize
    let isStoredSo = setting.options.work == .training || size == Double(type.size)
    add(
      .product(weight, shape, type), role, operation, [operand], [output], saving: [operand], repeats: repeats,
      weightSize: isStoredSo ? nil : size)
    return output
  }

  /// An operand in a product's type: a pass over memory, once for all products of it.
  ///
  /// A norm writes its result in that type itself.
  private mutating func cast(_ input: LayerTensor, to type: DataType, for role: OperationRole) -> LayerTensor {
    guard let operation = setting.cast(input.elements, to: type) else { return input }
    let source = sources[input.id]
    if let made = casts[input.id] { return made }
    let isWritten = normed.contains(source.id)
    let kept =
      casts[source.id] ?? tensor(source.elements, source.kind, size: Double(type.size), from: producers[source.id])
    casts[source.id] = kept
    let output = tensor(
      input.elements, input.kind, size: Double(type.size),
      from: isWritten ? producers[input.id] : operations.count, keptAs: kept)
    casts[input.id] = output
    add(.view, OperationRole(role.rawValue + "_cast", role.block), isWritten ? nil : operation, [input], [output])
    return output
  }

  /// Two activations multiplied, `batch` pairs of (m, k) and (k, n).
  mutating func contraction(
    _ role: OperationRole, _ a: LayerTensor, _ b: LayerTensor, m: Int, k: Int, n: Int, batch: Int,
    kinds: (forward: ProductRole, gradient: ProductRole), gives kind: LayerTensor.Kind
  ) throws(ModelError) -> LayerTensor {
    let operation = try setting.gemm(m, k, n, batch: batch, kinds.forward, setting.plan.types.activation)
    guard case .gemm(let shape, _, _) = operation else { return a }
    let output = tensor(Double(m) * Double(n) * Double(batch), kind, from: operations.count)
    add(.contraction(shape, gradient: kinds.gradient), role, operation, [a, b], [output], saving: [a, b])
    return output
  }

  /// One kernel over several inputs, such as fused attention, whose backward pass does `backward` times its work.
  mutating func kernel(
    _ role: OperationRole, _ operation: GEMMTiming.Operation, _ inputs: [LayerTensor], elements: Double,
    saving statistics: Double = 0, backward: Double, repeats: Double = 1
  ) -> LayerTensor {
    let output = tensor(elements, .other, from: operations.count)
    var saved = inputs + [output]
    if statistics > 0 { saved.append(tensor(statistics, .other, size: 4, from: operations.count)) }
    add(
      .kernel(backward: backward * repeats), role, operation, inputs, [output], saving: saved, repeats: repeats)
    return output
  }

  /// A pass over memory from `inputs` to a value of so many elements.
  ///
  /// Its traffic is what it reads and writes unless told otherwise. The backward pass reads what was saved and the result's
  /// gradient, and writes the inputs'.
  mutating func pass(
    _ role: OperationRole, _ kind: MemoryTraffic.Kind, _ inputs: [LayerTensor], elements: Double,
    gives tensorKind: LayerTensor.Kind = .other, rows: Double? = nil, read: Double? = nil, written: Double? = nil,
    saving: Saving = .inputs
  ) -> LayerTensor {
    let output = tensor(elements, tensorKind, from: operations.count)
    let given = inputs.reduce(0) { $0 + $1.elements }
    let saved = saving == .inputs ? inputs : saving == .output ? [output] : []
    let again = saved.reduce(0) { $0 + $1.elements }
    if kind == .layerNorm || kind == .rmsNorm { normed.insert(output.id) }
    add(
      .pass(backward: setting.pass(kind, read: again + elements, written: given, rows: rows)), role,
      setting.pass(kind, read: read ?? given, written: written ?? elements, rows: rows), inputs, [output],
      saving: saved)
    return output
  }

  /// What a pass keeps for its backward pass.
  enum Saving { case inputs, output, nothing }

  /// Drops elements at random in training; the mask has a byte an element.
  mutating func dropout(_ role: OperationRole, _ input: LayerTensor) -> LayerTensor {
    guard setting.drops else { return input }
    let elements = input.elements
    let output = tensor(elements, input.kind, from: operations.count)
    let mask = tensor(elements, input.kind, size: 1, from: operations.count)
    let masked = setting.mask(elements)
    add(
      .pass(backward: setting.pass(.copy, read: elements + masked, written: elements)), role,
      setting.pass(.copy, read: elements, written: elements + masked), [input], [output], saving: [mask])
    return output
  }

  /// The same values under another name, which costs nothing.
  mutating func view(_ role: OperationRole, _ input: LayerTensor) -> LayerTensor {
    let output = tensor(input.elements, input.kind, size: input.size, from: operations.count, keptAs: input)
    add(.view, role, GEMMTiming.Operation.none, [input], [output])
    return output
  }

  /// The same values, from when another is there too.
  mutating func wait(_ role: OperationRole, _ input: LayerTensor, for other: LayerTensor) -> LayerTensor {
    let output = tensor(input.elements, input.kind, size: input.size, from: operations.count, keptAs: input)
    add(.view, role, GEMMTiming.Operation.none, [input, other], [output])
    return output
  }

  /// A part of a value, which costs nothing and is no step.
  mutating func part(_ input: LayerTensor, elements: Double) -> LayerTensor {
    let output = tensor(elements, input.kind, size: input.size, from: producers[input.id])
    records.append(LayerRecord(step: .view, role: .part, position: nil, inputs: [input], outputs: [output]))
    return output
  }

  /// An exchange that gives a value of so many elements, and what undoes it in the backward pass.
  ///
  /// Nothing runs where `operation` is nil; `isRegathered` says that the backward pass does it again.
  mutating func exchange(
    _ role: OperationRole, _ operation: GEMMTiming.Operation?, _ input: LayerTensor, elements: Double,
    backward: (role: OperationRole, operation: GEMMTiming.Operation)?, isRegathered: Bool = false
  ) -> LayerTensor {
    let output = tensor(
      elements, input.kind, from: operation == nil ? producers[input.id] : operations.count,
      keptAs: operation == nil || isRegathered ? input : nil)
    add(
      .exchange(backward: backward), role, operation, [input], [output], isRegathered: isRegathered)
    return output
  }

  /// Marks where a branch leaves the residual stream.
  mutating func fork(_ stream: LayerTensor, _ roles: BranchRoles) -> LayerRecord.Branch {
    branches += 1
    let elements = setting.stream
    let branch = LayerRecord.Branch(
      roles: roles, number: branches,
      residual: setting.pass(.residual, read: 2 * elements, written: elements + setting.mask(elements)))
    add(.fork(branch), roles.residual, nil, [stream], [stream])
    return branch
  }

  /// Adds a branch's result to the stream, with the mask of what is dropped.
  mutating func join(_ branch: LayerRecord.Branch, _ stream: LayerTensor, _ result: LayerTensor) -> LayerTensor {
    let output = tensor(setting.stream, .stream, from: operations.count)
    let mask = setting.drops ? [tensor(setting.stream, .stream, size: 1, from: operations.count)] : []
    add(.join, branch.roles.residual, branch.residual, [stream, result], [output], saving: mask)
    return output
  }

  /// Steps whose tensors are all alive at once, as a program holds the arguments of a function while it runs.
  mutating func together<Result>(
    _ steps: (inout LayerBuilder) throws(ModelError) -> Result
  ) throws(ModelError) -> Result {
    let outer = together
    together = outer ?? records.count
    defer { together = outer }
    return try steps(&self)
  }

  // MARK: Bookkeeping

  private mutating func tensor(
    _ elements: Double, _ kind: LayerTensor.Kind, size: Double? = nil, from producer: Int,
    keptAs source: LayerTensor? = nil
  ) -> LayerTensor {
    let made = LayerTensor(
      id: producers.count, elements: elements, size: size ?? setting.activationSize, kind: kind)
    producers.append(producer)
    sources.append(source.map { sources[$0.id] } ?? made)
    return made
  }

  private mutating func add(
    _ step: LayerRecord.Step, _ role: OperationRole, _ operation: GEMMTiming.Operation?, _ inputs: [LayerTensor],
    _ outputs: [LayerTensor], saving: [LayerTensor] = [], repeats: Double = 1, isRegathered: Bool = false,
    weightSize: Double? = nil
  ) {
    var record = LayerRecord(
      step: step, role: role, position: operation == nil ? nil : operations.count, inputs: inputs, outputs: outputs)
    record.saved = saving.map { sources[$0.id] }
    record.isRecomputed = isRecomputed
    record.isRegathered = isRegathered
    record.together = together
    records.append(record)
    guard let operation else { return }
    var after: [Int] = []
    for input in inputs where !after.contains(producers[input.id]) { after.append(producers[input.id]) }
    var isOfExperts = false
    if case .product(let weight, _, _) = step { isOfExperts = weight.isExpert }
    operations.append(
      LayerOperation(
        role, .forward, operation, after: after, repeats: repeats, weightSize: weightSize, isOfExperts: isOfExperts))
  }
}

extension OperationRole {
  /// A part of a value: no operation of its own.
  static let part = OperationRole("part")
}
