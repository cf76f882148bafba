internal import GEMMTiming

extension LayerBuilder {
  /// One branch of a layer: norm, what enters its blocks, the blocks, what leaves them, the sum with the stream.
  ///
  /// Tensor parallelism sums the blocks' outputs over ranks where it cuts them. Under sequence parallelism the stream is
  /// cut along the sequence: it is gathered in front of the blocks, and their sums are scattered behind them
  /// (Korthikanti et al., arXiv 2205.05198, §4.2.2).
  mutating func branch(
    _ branch: TransformerLayer.Branch, _ stream: LayerTensor
  ) throws(ModelError) -> LayerTensor {
    let blocks = branch.blocks.map(\.block)
    guard let first = blocks.first else { return stream }
    let roles = BranchRoles.of(first.component)
    let frame = fork(stream, roles)
    let isWhole = blocks.allSatisfy { $0.takesWholeSequence(setting) }
    var inputs = [stream]
    if branch.norms == .before || branch.norms == .both {
      inputs = (branch.hasNormForEach ? [roles.norm, roles.secondNorm] : [roles.norm]).map { norm($0, stream) }
    }
    if isWhole { inputs = inputs.map { enter($0, roles) } }
    var result: LayerTensor?
    for (index, block) in blocks.enumerated() {
      component = block.component
      let output = try block.forward(inputs[min(index, inputs.count - 1)], in: &self)
      guard let sum = result else {
        result = output
        continue
      }
      result = pass(.blockSum, .residual, [sum, output], elements: output.elements, saving: .nothing)
    }
    var output = result ?? stream
    if isWhole { output = leave(output, roles) }
    if branch.norms == .after || branch.norms == .both { output = norm(roles.postNorm, output) }
    let sum = join(frame, stream, output)
    return branch.norms == .behindSum ? norm(roles.norm, sum) : sum
  }

  /// A norm of the residual stream, of which every rank holds the parameters.
  private mutating func norm(_ role: OperationRole, _ input: LayerTensor) -> LayerTensor {
    vector(setting.normalization.parameters(setting.hidden))
    return pass(
      role, setting.normalization.kind, [input], elements: setting.stream, gives: .stream,
      rows: Double(setting.streamTokens))
  }

  private mutating func enter(_ input: LayerTensor, _ roles: BranchRoles) -> LayerTensor {
    guard setting.options.sequenceParallel else {
      return exchange(
        roles.allReduce, nil, input, elements: setting.wholeStream,
        backward: (roles.allReduce, setting.tensorExchange(.allReduce, elements: setting.wholeStream)))
    }
    return exchange(
      roles.gather, setting.tensorExchange(.allGather, elements: setting.wholeStream), input,
      elements: setting.wholeStream,
      backward: (roles.gather, setting.tensorExchange(.reduceScatter, elements: setting.wholeStream)),
      isRegathered: true)
  }

  private mutating func leave(_ input: LayerTensor, _ roles: BranchRoles) -> LayerTensor {
    guard setting.options.sequenceParallel else {
      return exchange(
        roles.allReduce, setting.tensorExchange(.allReduce, elements: setting.wholeStream), input,
        elements: setting.wholeStream, backward: nil)
    }
    return exchange(
      roles.reduceScatter, setting.tensorExchange(.reduceScatter, elements: setting.wholeStream), input,
      elements: setting.stream,
      backward: (roles.reduceScatter, setting.tensorExchange(.allGather, elements: setting.wholeStream)))
  }
}

extension OperationRole {
  /// The sum of blocks that stand side by side.
  static let blockSum = OperationRole("block_sum", .mlp)
}
