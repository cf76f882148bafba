internal import GEMMTiming

/// The backward pass of one layer in the making.
///
/// For Y = X·W of shape (m, k, n) the input's gradient is dY·Wᵀ of shape (m, n, k) and the weight's is Xᵀ·dY of shape
/// (k, m, n). Where tensor parallelism reduces in the forward pass nothing is exchanged in the backward pass, and
/// where the forward pass copies the backward pass reduces (Shoeybi et al., arXiv 1909.08053, figure 3).
private struct BackwardPass {
  let sizes: LayerSizes
  /// The forward operations by role.
  let forward: [OperationRole: LayerOperation]
  var list: OperationList

  mutating func add(
    _ role: OperationRole, _ operation: GEMMTiming.Operation, after dependencies: [Int],
    phase: LayerOperation.Phase = .backward, repeats: Double = 1
  ) -> Int {
    list.add(role, operation, after: dependencies, phase: phase, repeats: repeats)
  }

  /// Both gradients of a product; `extra` is what the weight's gradient waits for besides.
  mutating func gradients(
    of role: OperationRole, after gradient: [Int], extra: [Int] = []
  ) throws(ModelError) -> (input: Int, weight: Int) {
    (try inputGradient(of: role, after: gradient), try weightGradient(of: role, after: gradient + extra))
  }

  mutating func inputGradient(of role: OperationRole, after gradient: [Int]) throws(ModelError) -> Int {
    let shape = try product(role)
    // dS·K and dO·Vᵀ in attention.
    let kind: ProductRole = role == .score ? .activations : role == .attentionOutput ? .scores : .inputGradient
    return add(
      role, try sizes.gemm(shape.m, shape.n, shape.k, batch: shape.batch, kind), after: gradient, phase: .inputGradient,
      repeats: forward[role]?.repeats ?? 1)
  }

  mutating func weightGradient(of role: OperationRole, after gradient: [Int]) throws(ModelError) -> Int {
    let shape = try product(role)
    return add(
      role, try sizes.gemm(shape.k, shape.m, shape.n, batch: shape.batch, .weightGradient), after: gradient,
      phase: .weightGradient,
      repeats: forward[role]?.repeats ?? 1)
  }

  /// Does a forward operation again.
  mutating func recompute(_ role: OperationRole, after dependencies: [Int]) -> Int {
    add(
      role, forward[role]?.operation ?? .none, after: dependencies, phase: .recompute,
      repeats: forward[role]?.repeats ?? 1)
  }

  private func product(_ role: OperationRole) throws(ModelError) -> GEMMShape {
    guard let shape = forward[role]?.shape else {
      throw .unsolvable("the layer's forward pass has no product \(role.rawValue)")
    }
    return shape
  }

  /// What undoes a gather or completes a split of the forward pass.
  func exchange(_ kind: Communication.Kind) -> GEMMTiming.Operation {
    sizes.tensorExchange(kind, elements: sizes.wholeStream)
  }
}

extension LayerSizes {
  /// The backward pass of a layer whose forward pass is `operations`.
  func appendBackward(of operations: [LayerOperation], to list: inout OperationList) throws(ModelError) {
    var pass = BackwardPass(
      sizes: self, forward: Dictionary(operations.map { ($0.role, $0) }, uniquingKeysWith: { first, _ in first }),
      list: list)
    var gradient = LayerOperation.entry
    if options.recomputation == .full {
      let base = pass.list.operations.count
      for operation in operations {
        gradient = pass.add(
          operation.role, operation.operation,
          after: operation.dependencies.map { $0 == LayerOperation.entry ? $0 : base + $0 }, phase: .recompute,
          repeats: operation.repeats)
      }
    }
    gradient = try appendMLP(to: &pass, gradient: gradient)
    try appendAttention(to: &pass, gradient: gradient)
    list = pass.list
  }

  /// What follows the gradients of a half's weights: their biases' gradients, and adding all to the micro-batches' sums.
  ///
  /// A bias's gradient is the column sum of the gradient of its layer's output, of `columns` columns. The sums are in
  /// fp32: a gradient is read in the plan's type, and its sum is read and written.
  private func appendGradientSums(
    of half: OperationRole.Component, to pass: inout BackwardPass, after weights: [Int], columns: Double,
    parameters: Double
  ) {
    var after = weights
    if columns > 0 {
      after.append(
        pass.add(
          half == .mlp ? .mlpBiasGradient : .attentionBiasGradient,
          self.pass(.copy, read: Double(tokens) * columns, written: 0), after: weights,
          phase: .weightGradient))
    }
    let sums = 4 / Double(plan.dtype.size)
    _ = pass.add(
      half == .mlp ? .mlpGradientSum : .attentionGradientSum,
      self.pass(.copy, read: parameters * (1 + sums), written: parameters * sums), after: after,
      phase: .weightGradient)
  }

  /// The MLP half, from the gradient of its residual's sum to that of its norm's input; returns the latter.
  private func appendMLP(to pass: inout BackwardPass, gradient: Int) throws(ModelError) -> Int {
    var incoming = gradient
    var regathered: [Int] = []
    let experts = try experts()
    if options.sequenceParallel, !routesOwnPart {
      incoming = pass.add(.mlpReduceScatter, pass.exchange(.allGather), after: [gradient])
      if options.recomputation != .full {
        regathered = [pass.add(.mlpGather, pass.exchange(.allGather), after: [gradient], phase: .recompute)]
      }
    }
    if let experts { incoming = appendCombineBackward(of: experts, to: &pass, after: incoming) }
    let down = try pass.gradients(of: .down, after: [incoming])
    let inside = Double(experts?.rows ?? tokens) * (experts?.visited ?? 1) * Double(downWidth)
    let activation = pass.add(
      activationRole, activationPass(read: inside * (model.gated ? 3 : 2), written: inside * (model.gated ? 2 : 1)),
      after: [down.input])
    var up = try pass.inputGradient(of: .up, after: [activation])
    var weights = [down.weight]
    if let experts {
      let router = try appendDispatchBackward(of: experts, to: &pass, after: up)
      up = router.input
      weights.append(router.weight)
    }
    // Launched before the weight's gradient, so that the exchange runs beside it.
    if !options.sequenceParallel {
      up = pass.add(.mlpAllReduce, pass.exchange(.allReduce), after: [up])
    } else if !routesOwnPart {
      up = pass.add(.mlpGather, pass.exchange(.reduceScatter), after: [up])
    }
    weights.append(try pass.weightGradient(of: .up, after: [activation] + regathered))
    appendGradientSums(
      of: .mlp, to: &pass, after: weights,
      columns: model.biases.contains(.mlp) ? Double(upWidth) + Double(model.hidden) : 0, parameters: rankMLPParameters)
    let norm = pass.add(.ln2, normBackward, after: [up])
    return pass.add(.residual2, residual, after: [gradient, norm])
  }

  /// From the gradient of the experts' sums to that of their outputs.
  ///
  /// An all-to-all is undone by one of the same size, a gather by a scattered sum.
  private func appendCombineBackward(
    of experts: ExpertSizes, to pass: inout BackwardPass, after gradient: Int
  ) -> Int {
    var current = pass.add(.unpermute, experts.spread, after: [gradient])
    if experts.exchanges { current = pass.add(.expertCombine, experts.exchange, after: [current]) }
    if routesOwnPart {
      current = pass.add(.mlpReduceScatter, experts.tensorExchange(.allGather), after: [current])
    }
    return current
  }

  /// From the gradient of the experts' inputs to that of the norm's output, and to the router's.
  private func appendDispatchBackward(
    of experts: ExpertSizes, to pass: inout BackwardPass, after gradient: Int
  ) throws(ModelError) -> (input: Int, weight: Int) {
    var current = gradient
    if routesOwnPart { current = pass.add(.mlpGather, experts.tensorExchange(.reduceScatter), after: [current]) }
    if experts.exchanges { current = pass.add(.expertDispatch, experts.exchange, after: [current]) }
    current = pass.add(.permute, experts.sum, after: [current])
    current = pass.add(.expertChoice, experts.choiceBackward, after: [current])
    return try pass.gradients(of: .router, after: [current])
  }

  /// The attention half, likewise; its last operation gives the gradient of the layer's input.
  private func appendAttention(to pass: inout BackwardPass, gradient: Int) throws(ModelError) {
    var incoming = gradient
    var regathered: [Int] = []
    if options.sequenceParallel {
      incoming = pass.add(.attentionReduceScatter, pass.exchange(.allGather), after: [gradient])
      if options.recomputation != .full {
        regathered = [pass.add(.attentionGather, pass.exchange(.allGather), after: [gradient], phase: .recompute)]
      }
    }
    let projection = try pass.gradients(of: .projection, after: [incoming])
    var (query, key, value) = try appendCore(to: &pass, gradient: projection.input)
    if model.positions == .rotary {
      let rotated = Double(tokens) * (Double(queryWidth) + Double(keyValueWidth))
      query = pass.add(.rotary, self.pass(.rotary, read: rotated, written: rotated), after: [query, key])
      key = query
    }
    let inputs = [
      try pass.inputGradient(of: .query, after: [query]), try pass.inputGradient(of: .key, after: [key]),
      try pass.inputGradient(of: .value, after: [value]),
    ]
    let reduced =
      options.sequenceParallel
      ? pass.add(.attentionGather, pass.exchange(.reduceScatter), after: inputs)
      : pass.add(.attentionAllReduce, pass.exchange(.allReduce), after: inputs)
    let weights = [
      projection.weight, try pass.weightGradient(of: .query, after: [query] + regathered),
      try pass.weightGradient(of: .key, after: [key] + regathered),
      try pass.weightGradient(of: .value, after: [value] + regathered),
    ]
    let columns =
      (model.biases.contains(.queryKeyValue) ? Double(queryWidth) + 2 * Double(keyValueWidth) : 0)
      + (model.biases.contains(.projection) ? Double(model.hidden) : 0)
    appendGradientSums(
      of: .attention, to: &pass, after: weights, columns: columns, parameters: rankAttentionParameters)
    let norm = pass.add(.ln1, normBackward, after: [reduced])
    _ = pass.add(.residual1, residual, after: [gradient, norm])
  }

  /// The gradients of queries, keys and values.
  ///
  /// The fused kernel does five products where its forward pass does two, and recomputes the scores in passing
  /// (Dao, *FlashAttention-2*, arXiv 2307.08691, §3.1.2).
  private func appendCore(
    to pass: inout BackwardPass, gradient: Int
  ) throws(ModelError) -> (query: Int, key: Int, value: Int) {
    guard options.attention == .unfused else {
      let fused = pass.add(.fusedAttention, try fusedAttention(), after: [gradient], repeats: 2.5)
      return (fused, fused, fused)
    }
    var weights = gradient
    if options.recomputation == .selective {
      let score = pass.recompute(.score, after: [gradient])
      weights = pass.recompute(.softmax, after: [score])
      if drops { weights = pass.recompute(.attentionDropout, after: [weights]) }
      _ = pass.recompute(.attentionOutput, after: [weights])
    }
    let after = weights == gradient ? [gradient] : [gradient, weights]
    let output = try pass.gradients(of: .attentionOutput, after: after)
    var weightsGradient = output.input
    if drops {
      weightsGradient = pass.add(
        .attentionDropout, self.pass(.copy, read: scores + mask(scores), written: scores), after: [weightsGradient])
    }
    let softmax = pass.add(
      .softmax, self.pass(.softmax, read: 2 * scores, written: scores, rows: scoreRows), after: [weightsGradient])
    let score = try pass.gradients(of: .score, after: [softmax])
    return (score.input, score.weight, output.weight)
  }
}
