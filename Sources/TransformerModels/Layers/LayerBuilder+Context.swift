internal import GEMMTiming

// Exchanges between the GPUs that share a sequence.
extension LayerBuilder {
  /// Trades a part of the positions of all heads for all positions of a part of the heads, or back; nothing without
  /// context parallelism.
  mutating func contextHeads(_ role: OperationRole, _ input: LayerTensor) -> LayerTensor {
    guard setting.plan.cp > 1, setting.options.work != .decode else { return input }
    let operation = contextExchange(.allToAll, elements: input.elements)
    return exchange(role, operation, input, elements: input.elements, backward: (role, operation))
  }

  /// Gathers the parts of a sequence; sums and scatters its gradient.
  mutating func contextGather(_ role: OperationRole, _ input: LayerTensor) -> LayerTensor {
    let whole = input.elements * Double(setting.plan.cp)
    return exchange(
      role, contextExchange(.allGather, elements: whole), input, elements: whole,
      backward: (role, contextExchange(.reduceScatter, elements: whole)), isRegathered: true)
  }

  /// Adds up what each GPU made of its part of a cache.
  mutating func contextSum(_ input: LayerTensor) -> LayerTensor {
    exchange(
      .contextOutput, contextExchange(.allReduce, elements: input.elements), input, elements: input.elements,
      backward: nil)
  }

  /// Sends the own part of keys and values round, while attention works on those that are there.
  ///
  /// In the backward pass their gradients go round besides.
  mutating func contextRing(_ key: LayerTensor, _ value: LayerTensor) -> LayerTensor {
    let elements = (key.elements + value.elements) * Double(setting.plan.cp - 1)
    func ring(_ elements: Double) -> GEMMTiming.Operation {
      setting.exchange(.sendReceive, elements: elements, ranks: 2, setting.plan.contextPlacement.neighbours)
    }
    return exchange(.contextRing, ring(elements), key, elements: 0, backward: (.contextRing, ring(2 * elements)))
  }

  private func contextExchange(_ kind: Communication.Kind, elements: Double) -> GEMMTiming.Operation {
    setting.exchange(kind, elements: elements, ranks: setting.plan.cp, setting.plan.contextPlacement)
  }
}

extension OperationRole {
  static let contextEnd = OperationRole("attn_ring_end", .attention)
  static let contextRing = OperationRole("attn_ring", .attention, stream: .context)
  static let contextQuery = OperationRole("attn_scatter_q", .attention, stream: .context)
  static let contextKey = OperationRole("attn_exchange_k", .attention, stream: .context)
  static let contextValue = OperationRole("attn_exchange_v", .attention, stream: .context)
  static let contextOutput = OperationRole("attn_exchange_out", .attention, stream: .context)
}
