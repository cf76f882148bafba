internal import TransformerModels

/// The blocks of a layer that is run here: attention whose heads share keys, then an MLP or a mixture of them.
///
/// What a layer has besides is refused by name. Much of it is an operation of its own; what is none is asked for here.
struct ReplayableLayer {
  let attention: GroupedQueryAttention
  let mlp: DenseMLP
  let experts: ExpertMLP?

  /// The blocks of a model's one kind of layer.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - graph: its layer's operations.
  ///   - sequence: tokens of a sequence.
  ///   - work: what is computed.
  /// - Throws: ``ReplayError/notRun(_:)`` for what a request cannot carry.
  init(
    of model: ModelConfiguration, _ graph: LayerGraph, sequence: Int, work: StepOptions.Work
  ) throws(ReplayError) {
    guard work != .training else { throw .notRun("training has a backward pass, which is not run here") }
    let kinds = model.stack.kinds.count
    guard kinds == 1 else {
      throw .notRun("\(model.name) has \(kinds) kinds of layers, and only models of equal ones are run here")
    }
    if let operation = graph.forward.first(where: { $0.replayed == nil }) {
      throw .notRun("\(operation.name) is not run here")
    }
    guard let attention = model.attention, let mlp = model.mlp else {
      throw .notRun("\(model.name) has no layers of attention and an MLP, and only those are run here")
    }
    try Self.check(attention, sequence: sequence)
    if mlp.isGated, LayerEngine.gate(mlp.activation) == nil {
      throw .notRun("an MLP gated by \(mlp.activation.rawValue) is not run here; silu and gelu are")
    }
    (self.attention, self.mlp, experts) = (attention, mlp, model.experts)
  }

  /// Refuses what changes attention's results and is no operation.
  private static func check(_ attention: GroupedQueryAttention, sequence: Int) throws(ReplayError) {
    if let window = attention.window, window < sequence {
      throw .notRun(
        "attention \(attention.isChunked ? "in chunks" : "with a window") of \(window) tokens is not run here where "
          + "the sequence has more, and it has \(sequence)")
    }
    if attention.hasSinks { throw .notRun("attention sinks are not run here") }
  }
}

extension ReplayRequest {
  /// Refuses a layer whose operations are not those that the request describes.
  ///
  /// - Throws: ``ReplayError/notRun(_:)`` with the first that differs.
  func check(against graph: LayerGraph) throws(ReplayError) {
    let own = try layer().graph.forward
    for (place, operation) in graph.forward.enumerated() where place >= own.count || own[place] != operation {
      throw .notRun(
        "\(operation.name) is not run here as the model and its plan have it: attention, then an MLP, in fp32, a norm "
          + "in front of each, is what is run")
    }
    guard own.count == graph.forward.count else {
      throw .notRun("a layer without \(own[graph.forward.count].name) is not run here")
    }
  }
}
