internal import GEMMTiming

extension PassTemplates {
  /// What every rank of the first stage must be given: the residual stream itself, or token numbers of 4 bytes.
  var inputBroadcast: GEMMTiming.Operation {
    guard plan.tp > 1 else { return .none }
    let bytes =
      model.vocabulary == nil ? sizes.wholeStream * Double(plan.dtype.size) : 4 * Double(sizes.tokens)
    return .communication(Communication(.broadcast, bytes: bytes, ranks: plan.tp, nodes: plan.tensorNodes))
  }

  /// Rows of the embedding that a rank holds are looked up, the others are zero, and the sum over ranks is whole.
  mutating func addEmbedding(_ pass: inout PassTemplate, after input: Int) throws(ModelError) -> Int {
    let whole = sizes.wholeStream
    let lookup = try add(&pass, .embedding, sizes.pass(.embedding, read: whole, written: whole), after: [input])
    return options.sequenceParallel
      ? try add(
        &pass, .embeddingReduceScatter, sizes.tensorExchange(.reduceScatter, elements: whole), after: [lookup])
      : try add(&pass, .embeddingAllReduce, sizes.tensorExchange(.allReduce, elements: whole), after: [lookup])
  }

  /// The final norm and the head of a language model, whose columns are cut over the ranks.
  mutating func addHead(_ pass: inout PassTemplate, after input: Int) throws(ModelError) -> Int {
    var current = try add(&pass, .finalNorm, sizes.finalNorm, after: [input])
    guard model.headColumns != nil else { return current }
    if options.sequenceParallel {
      let elements = Double(sizes.headTokens) * Double(model.hidden)
      current = try add(
        &pass, .headAllGather, sizes.tensorExchange(.allGather, elements: elements), after: [current])
    }
    current = try add(&pass, .head, sizes.gemm(sizes.headTokens, sizes.inner, sizes.vocabulary), after: [current])
    guard options.work == .training else { return current }
    return try add(&pass, .loss, sizes.loss, after: [current])
  }

  /// From the loss to the gradient of the last layer's output; returns the head's own weight gradient besides.
  mutating func addHeadBackward(_ pass: inout PassTemplate, after input: Int) throws(ModelError) -> Int {
    guard model.headColumns != nil else {
      return try add(&pass, .finalNorm, sizes.normBackward, after: [input], phase: .backward)
    }
    let (tokens, inner, columns) = (sizes.tokens, sizes.inner, sizes.vocabulary)
    let loss = try add(&pass, .loss, sizes.lossBackward, after: [input], phase: .backward)
    let head = try add(
      &pass, .head, sizes.gemm(tokens, columns, inner, .inputGradient), after: [loss], phase: .inputGradient)
    let reduced =
      options.sequenceParallel
      ? try add(
        &pass, .headAllGather, sizes.tensorExchange(.reduceScatter, elements: sizes.wholeStream), after: [head],
        phase: .backward)
      : try add(
        &pass, .headAllReduce, sizes.tensorExchange(.allReduce, elements: sizes.wholeStream), after: [head],
        phase: .backward)
    _ = try add(
      &pass, .head, sizes.gemm(inner, tokens, columns, .weightGradient), after: [loss], phase: .weightGradient)
    return try add(&pass, .finalNorm, sizes.normBackward, after: [reduced], phase: .backward)
  }
}

extension LayerSizes {
  /// Elements of this GPU's logits.
  var logits: Double { Double(headTokens) * Double(vocabulary) }

  /// The norm in front of the head.
  var finalNorm: GEMMTiming.Operation {
    guard headTokens < tokens else { return norm }
    let elements = Double(headTokens) * Double(model.hidden)
    return normPass(read: elements, written: elements, rows: Double(headTokens))
  }

  /// Columns of the head on this GPU: the vocabulary is padded to a multiple of 128·tp, as Megatron-LM does.
  var vocabulary: Int {
    let columns = ((model.vocabulary ?? 1) - 1) / plan.tp + 1
    return (columns + 127) / 128 * 128
  }

  /// Cross entropy as Megatron-LM's vocabulary-parallel one does it, pass by pass over the logits: to fp32, largest,
  /// subtract, exponential, sum, divide.
  var loss: GEMMTiming.Operation {
    .memory(
      MemoryTraffic(
        .softmax, read: logits * (Double(plan.dtype.size) + 20), written: logits * 20, rows: Double(headTokens)))
  }

  /// Its backward pass: probabilities are scaled, and rounded to the plan's type.
  var lossBackward: GEMMTiming.Operation {
    .memory(
      MemoryTraffic(
        .softmax, read: logits * 8, written: logits * (4 + Double(plan.dtype.size)), rows: Double(headTokens)))
  }

  /// Each rank's share of what a stage sends to the next.
  ///
  /// All ranks of a stage hold the same residual stream, so under the Megatron sharding each sends 1/tp of it and the
  /// receivers gather it over their fast links (Narayanan et al., arXiv 2104.04473, §4.1); in the documented sharding
  /// each sends it whole.
  var send: GEMMTiming.Operation {
    guard plan.pp > 1 else { return .none }
    let share = plan.sharding == .documented ? wholeStream : wholeStream / Double(plan.tp)
    return .communication(
      Communication(.sendReceive, bytes: share * Double(plan.dtype.size), ranks: 2, nodes: plan.sendNodes))
  }

  /// Gathering what was received in parts; under sequence parallelism a part is all that a rank needs.
  var receive: GEMMTiming.Operation {
    if plan.sharding == .documented || options.sequenceParallel { return .none }
    return tensorExchange(.allGather, elements: wholeStream)
  }
}
