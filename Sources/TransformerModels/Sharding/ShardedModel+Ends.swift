internal import GEMMTiming

// What stands around the layers on one GPU: embedding, head, loss, sends.
extension ShardedModel {
  /// Tokens whose logits are wanted: after a prompt only the last of each sequence.
  var headTokens: Int { options.work == .prefill ? plan.microBatchSize : setting.tokens }

  /// Elements of this GPU's logits.
  var logits: Double { Double(headTokens) * Double(vocabulary) }

  /// Columns of the head on this GPU: the vocabulary is padded to a multiple of 128·tp, as Megatron-LM does.
  var vocabulary: Int {
    let columns = ((model.vocabulary ?? 1) - 1) / plan.tp + 1
    return (columns + 127) / 128 * 128
  }

  /// The norm in front of the head.
  var finalNorm: GEMMTiming.Operation {
    guard model.ends.hasFinalNorm else { return .none }
    let tokens = headTokens < setting.tokens ? headTokens : setting.streamTokens
    let elements = Double(tokens) * Double(model.hidden)
    return setting.normPass(read: elements, written: elements, rows: Double(tokens))
  }

  /// Its backward pass: the gradient and the input are read, the input's gradient is written.
  var finalNormBackward: GEMMTiming.Operation {
    guard model.ends.hasFinalNorm else { return .none }
    return setting.normPass(read: 2 * setting.stream, written: setting.stream, rows: Double(setting.streamTokens))
  }

  /// The head's product, in the activations' type.
  func head() throws(ModelError) -> GEMMTiming.Operation {
    try setting.gemm(headTokens, headWidth, vocabulary, .weight, plan.types.activation)
  }

  /// The gradients of the head's input and of its weight.
  func headGradients() throws(ModelError) -> (input: GEMMTiming.Operation, weight: GEMMTiming.Operation) {
    let (type, tokens) = (plan.types.activation, setting.tokens)
    return (
      try setting.gemm(tokens, vocabulary, headWidth, .inputGradient, type),
      try setting.gemm(headWidth, tokens, vocabulary, .weightGradient, type)
    )
  }

  private var headWidth: Int { model.ends.embeddingWidth ?? setting.inner }

  /// Cross entropy as Megatron-LM's vocabulary-parallel one does it, pass by pass over the logits: to fp32, largest,
  /// subtract, exponential, sum, divide.
  var loss: GEMMTiming.Operation {
    .memory(
      MemoryTraffic(
        .softmax, read: logits * (setting.activationSize + 20), written: logits * 20, rows: Double(headTokens)))
  }

  /// Its backward pass: probabilities are scaled, and rounded to the activations' type.
  var lossBackward: GEMMTiming.Operation {
    .memory(
      MemoryTraffic(
        .softmax, read: logits * 8, written: logits * (4 + setting.activationSize), rows: Double(headTokens)))
  }

  /// Each rank's share of what a stage sends to the next.
  ///
  /// All ranks of a stage hold the same residual stream, so under the Megatron sharding each sends 1/tp of it and the
  /// receivers gather it over their fast links (Narayanan et al., arXiv 2104.04473, §4.1). In the documented sharding
  /// each sends it whole.
  var send: GEMMTiming.Operation {
    guard plan.pp > 1 else { return .none }
    let share = plan.sharding == .documented ? setting.wholeStream : setting.wholeStream / Double(plan.tp)
    return setting.exchange(.sendReceive, elements: share, ranks: 2, plan.sendPlacement)
  }

  /// Gathering what was received in parts; under sequence parallelism a part is all that a rank needs.
  var receive: GEMMTiming.Operation {
    if plan.sharding == .documented || options.sequenceParallel { return .none }
    return setting.tensorExchange(.allGather, elements: setting.wholeStream)
  }

  /// What every rank of the first stage must be given: the residual stream itself, or token numbers of 4 bytes.
  var inputBroadcast: GEMMTiming.Operation {
    guard plan.tp > 1 else { return .none }
    let bytes =
      model.vocabulary == nil ? setting.wholeStream * setting.activationSize : 4 * Double(setting.tokens)
    return .communication(Communication(.broadcast, bytes: bytes, ranks: plan.tp, placement: plan.tensorPlacement))
  }

  /// What the head keeps for its backward pass: the norm's and the head's inputs, and the logits in fp32.
  var headActivations: ActivationMemory {
    guard model.vocabulary != nil else { return ActivationMemory() }
    return Double(1 + model.ends.furtherHeads)
      * ActivationMemory(
        stream: 2 * setting.activationSize * setting.stream, others: model.headColumns == nil ? 0 : 4 * logits)
  }

  /// What the embedding keeps: its dropout mask.
  var embeddingActivations: ActivationMemory {
    ActivationMemory(stream: model.vocabulary != nil && setting.drops ? setting.stream : 0)
  }
}
