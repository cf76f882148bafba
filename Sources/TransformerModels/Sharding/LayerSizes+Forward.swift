internal import GEMMTiming

extension LayerSizes {
  /// The attention half of a layer, from its first norm to its first residual.
  func appendAttention(to list: inout OperationList) throws(ModelError) {
    let entry = LayerOperation.entry
    var input = list.add(.ln1, norm, after: [entry])
    if options.sequenceParallel {
      input = list.add(.attentionGather, tensorExchange(.allGather, elements: wholeStream), after: [input])
    }
    let split = list.add(.qkvSplit, .none, after: [input])
    var query = list.add(.query, try gemm(tokens, inner, queryWidth), after: [split])
    var key = list.add(.key, try gemm(tokens, inner, keyValueWidth), after: [split])
    let value = list.add(.value, try gemm(tokens, inner, keyValueWidth), after: [split])
    if model.positions == .rotary {
      let rotated = Double(tokens) * (Double(queryWidth) + Double(keyValueWidth))
      query = list.add(.rotary, pass(.rotary, read: rotated, written: rotated), after: [query, key])
      key = query
    }
    let output = try appendAttentionCore(to: &list, query: query, key: key, value: value)
    let gather = list.add(.headGather, .none, after: [output])
    let projectionSplit = list.add(.projectionSplit, .none, after: [gather])
    let projection = list.add(.projection, try gemm(tokens, queryWidth, inner), after: [projectionSplit])
    let reduced =
      options.sequenceParallel
      ? list.add(
        .attentionReduceScatter, tensorExchange(.reduceScatter, elements: wholeStream), after: [projection])
      : list.add(.attentionAllReduce, tensorExchange(.allReduce, elements: wholeStream), after: [projection])
    _ = list.add(.residual1, residual, after: [entry, reduced])
  }

  /// Scores, softmax and weighted sum, or the one kernel that does them all.
  ///
  /// The query heads that share a key head stand side by side in the rows of one product.
  private func appendAttentionCore(
    to list: inout OperationList, query: Int, key: Int, value: Int
  ) throws(ModelError) -> Int {
    let dependencies = query == key ? [query] : [query, key]
    let isDecoding = options.work == .decode
    switch options.attention {
    case .unfused:
      let batch = try Extent.product([plan.microBatchSize, keyValueHeads], "batch × heads")
      let rows = try Extent.product([heads / keyValueHeads, queryLength], "heads × seq")
      let score = list.add(
        .score, try gemm(rows, model.headDimension, plan.sequence, batch: batch, isDecoding ? .cachedKeys : .scores),
        after: dependencies)
      var weights = list.add(
        .softmax, pass(.softmax, read: scores, written: scores, rows: scoreRows), after: [score])
      if drops {
        weights = list.add(
          .attentionDropout, pass(.copy, read: scores, written: scores + mask(scores)), after: [weights])
      }
      return list.add(
        .attentionOutput,
        try gemm(rows, plan.sequence, model.headDimension, batch: batch, isDecoding ? .cachedValues : .activations),
        after: [value, weights])
    case .fused:
      return list.add(.fusedAttention, try fusedAttention(), after: dependencies + [value])
    }
  }

  /// Fused causal attention over a whole sequence.
  func fusedAttention() throws(ModelError) -> GEMMTiming.Operation {
    do {
      let shape = try AttentionShape(
        batch: plan.microBatchSize, heads: heads, keyValueHeads: keyValueHeads, headDimension: model.headDimension,
        queryLength: queryLength, keyLength: plan.sequence, causal: true)
      return .attention(shape, plan.dtype)
    } catch {
      throw .tooLarge(name: error.dimension)
    }
  }

  /// The MLP half of a layer, from its second norm to its second residual.
  func appendMLP(to list: inout OperationList) throws(ModelError) {
    let first = list.operations.count - 1  // the first residual
    var input = list.add(.ln2, norm, after: [first])
    if options.sequenceParallel, !routesOwnPart {
      input = list.add(.mlpGather, tensorExchange(.allGather, elements: wholeStream), after: [input])
    }
    input = list.add(.mlpSplit, .none, after: [input])
    let experts = try experts()
    let (rows, copies) = (experts?.rows ?? tokens, experts?.products ?? 1)
    let repeats = experts?.repeats ?? 1
    if let experts { input = try appendDispatch(of: experts, to: &list, after: input) }
    let up = list.add(.up, try gemm(rows, inner, upWidth, batch: copies), after: [input], repeats: repeats)
    let inside = Double(rows) * (experts?.visited ?? 1) * Double(downWidth)
    let activation = list.add(
      activationRole, activationPass(read: inside * (model.gated ? 2 : 1), written: inside), after: [up])
    var down = list.add(.down, try gemm(rows, downWidth, inner, batch: copies), after: [activation], repeats: repeats)
    if let experts { down = appendCombine(of: experts, to: &list, after: down) }
    if !options.sequenceParallel {
      down = list.add(.mlpAllReduce, tensorExchange(.allReduce, elements: wholeStream), after: [down])
    } else if !routesOwnPart {
      down = list.add(.mlpReduceScatter, tensorExchange(.reduceScatter, elements: wholeStream), after: [down])
    }
    _ = list.add(.residual2, residual, after: [first, down])
  }

  var activationRole: OperationRole {
    if model.gated { return .swiglu }
    return switch model.activation {
    case .gelu: .gelu
    case .relu: .relu
    case .silu: .silu
    }
  }

  func activationPass(read: Double, written: Double) -> GEMMTiming.Operation {
    pass(model.gated ? .swiglu : .gelu, read: read, written: written)
  }
}
