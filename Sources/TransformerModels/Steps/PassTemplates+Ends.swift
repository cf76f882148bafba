internal import GEMMTiming

extension PassTemplates {
  /// Rows of the embedding that a rank holds are looked up, the others are zero, and the sum over ranks is whole.
  mutating func addEmbedding(_ pass: inout PassTemplate, after input: Int) throws(ModelError) -> Int {
    let whole = setting.wholeStream
    let lookup = try add(&pass, .embedding, setting.pass(.embedding, read: whole, written: whole), after: [input])
    return options.sequenceParallel
      ? try add(
        &pass, .embeddingReduceScatter, setting.tensorExchange(.reduceScatter, elements: whole), after: [lookup])
      : try add(&pass, .embeddingAllReduce, setting.tensorExchange(.allReduce, elements: whole), after: [lookup])
  }

  /// The final norm and the head of a language model, whose columns are cut over the ranks.
  ///
  /// Layers that predict further tokens pass both again.
  mutating func addHead(_ pass: inout PassTemplate, after input: Int) throws(ModelError) -> Int {
    var current = input
    for _ in 0...model.ends.furtherHeads { current = try addOneHead(&pass, after: current) }
    return current
  }

  private mutating func addOneHead(_ pass: inout PassTemplate, after input: Int) throws(ModelError) -> Int {
    var current = try add(&pass, .finalNorm, sharded.finalNorm, after: [input])
    guard model.headColumns != nil else { return current }
    if options.sequenceParallel {
      let elements = Double(sharded.headTokens) * Double(model.hidden)
      current = try add(
        &pass, .headAllGather, setting.tensorExchange(.allGather, elements: elements), after: [current])
    }
    current = try add(&pass, .head, sharded.head(), after: [current])
    guard options.work == .training else { return current }
    return try add(&pass, .loss, sharded.loss, after: [current])
  }

  /// From the loss to the gradient of the last layer's output; returns the head's own weight gradient besides.
  mutating func addHeadBackward(_ pass: inout PassTemplate, after input: Int) throws(ModelError) -> Int {
    var current = input
    for _ in 0...model.ends.furtherHeads { current = try addOneHeadBackward(&pass, after: current) }
    return current
  }

  private mutating func addOneHeadBackward(
    _ pass: inout PassTemplate, after input: Int
  ) throws(ModelError) -> Int {
    guard model.headColumns != nil else {
      return try add(&pass, .finalNorm, sharded.finalNormBackward, after: [input], phase: .backward)
    }
    let gradients = try sharded.headGradients()
    let loss = try add(&pass, .loss, sharded.lossBackward, after: [input], phase: .backward)
    let head = try add(
      &pass, .head, gradients.input, after: [loss], phase: .inputGradient)
    let reduced =
      options.sequenceParallel
      ? try add(
        &pass, .headAllGather, setting.tensorExchange(.reduceScatter, elements: setting.wholeStream), after: [head],
        phase: .backward)
      : try add(
        &pass, .headAllReduce, setting.tensorExchange(.allReduce, elements: setting.wholeStream), after: [head],
        phase: .backward)
    _ = try add(
      &pass, .head, gradients.weight, after: [loss], phase: .weightGradient)
    return try add(&pass, .finalNorm, sharded.finalNormBackward, after: [reduced], phase: .backward)
  }
}
