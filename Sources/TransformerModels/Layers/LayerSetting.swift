internal import GEMMTiming

/// What a layer's operations on one GPU for one micro-batch follow from beside its blocks.
struct LayerSetting {
  let hidden: Int
  let normalization: ModelConfiguration.Normalization
  let plan: ParallelPlan
  var options: StepOptions
  /// Whether training drops attention weights and block outputs at random.
  let drops: Bool
  /// Positions of a sequence that this GPU computes.
  let queryLength: Int
  /// Tokens of a micro-batch that this GPU computes.
  let tokens: Int
  /// Tokens whose residual stream this GPU holds: `tokens` / tp under sequence parallelism.
  let streamTokens: Int
  /// The extent of a whole weight along the residual stream as it is costed: all of `hidden`, or 1/tp of it in the
  /// documented sharding.
  let inner: Int

  init(model: ModelConfiguration, plan: ParallelPlan, options: StepOptions) {
    hidden = model.hidden
    normalization = model.normalization
    self.plan = plan
    self.options = options
    drops = model.dropout && options.work == .training
    queryLength = options.work == .decode ? 1 : plan.sequence / plan.cp
    tokens = plan.microBatchSize * queryLength
    streamTokens = options.sequenceParallel ? tokens / plan.tp : tokens
    inner = plan.sharding == .documented ? model.hidden / plan.tp : model.hidden
  }

  /// One GPU and one token: what counts a layer's weights.
  init(hidden: Int, normalization: ModelConfiguration.Normalization) {
    self.hidden = hidden
    self.normalization = normalization
    (plan, options, drops) = (.ofOneToken, StepOptions(), false)
    (queryLength, tokens, streamTokens, inner) = (1, 1, 1, hidden)
  }

  /// Bytes of an element of the residual stream and of what stands between products.
  var activationSize: Double { Double(plan.types.activation.size) }

  /// Bytes of an element of a linear layer's weight: training keeps 16 bits beside products in fewer.
  var weightSize: Double {
    options.work == .training ? max(plan.types.weight.size, activationSize) : plan.types.weight.size
  }

  /// The pass that brings an operand of so many elements to a product's type; nil where it has it.
  ///
  /// Training writes it as it lies and turned, for the two gradients (Micikevicius et al., *FP8 Formats for Deep
  /// Learning*, arXiv 2209.05433; Transformer Engine's cast and transpose).
  func cast(_ elements: Double, to type: DataType) -> GEMMTiming.Operation? {
    guard Double(type.size) < activationSize else { return nil }
    let copies = options.work == .training ? 2.0 : 1
    return .memory(
      MemoryTraffic(.copy, read: elements * activationSize, written: elements * copies * Double(type.size)))
  }

  /// Elements of the residual stream of a micro-batch, whole and as far as this GPU holds it.
  var wholeStream: Double { Double(tokens) * Double(hidden) }
  var stream: Double { Double(streamTokens) * Double(hidden) }

  /// A product in the plan's element type.
  func gemm(
    _ m: Int, _ k: Int, _ n: Int, batch: Int = 1, _ role: ProductRole = .weight, _ type: DataType? = nil
  ) throws(ModelError) -> GEMMTiming.Operation {
    do {
      return .gemm(try GEMMShape(m: m, k: k, n: n, batch: batch), type ?? plan.dtype, role)
    } catch {
      throw error.value < 1 ? .notPositive(name: error.dimension, value: error.value) : .tooLarge(name: error.dimension)
    }
  }

  /// A pass over memory; extents in elements of the activations' type.
  func pass(_ kind: MemoryTraffic.Kind, read: Double, written: Double, rows: Double? = nil) -> GEMMTiming.Operation {
    .memory(MemoryTraffic(kind, read: read * activationSize, written: written * activationSize, rows: rows))
  }

  /// An exchange within the tensor-parallel group; nothing when it has one member.
  func tensorExchange(_ kind: Communication.Kind, elements: Double) -> GEMMTiming.Operation {
    exchange(kind, elements: elements, ranks: plan.tp, plan.tensorPlacement)
  }

  /// An exchange of activations; nothing in a group of one.
  func exchange(
    _ kind: Communication.Kind, elements: Double, ranks: Int, _ placement: NodePlacement
  ) -> GEMMTiming.Operation {
    guard ranks > 1 else { return .none }
    return .communication(Communication(kind, bytes: elements * activationSize, ranks: ranks, placement: placement))
  }

  /// A pass of the model's kind of norm, a row a token.
  func normPass(read: Double, written: Double, rows: Double) -> GEMMTiming.Operation {
    pass(normalization.kind, read: read, written: written, rows: rows)
  }

  /// A dropout mask of one byte an element, counted in elements of the activations' type; 0 without dropout.
  func mask(_ elements: Double) -> Double { drops ? elements / activationSize : 0 }
}

extension ModelConfiguration.Normalization {
  /// The pass that computes it.
  var kind: MemoryTraffic.Kind { self == .rmsNorm ? .rmsNorm : .layerNorm }

  /// Parameters of one norm over so many elements: gain, and shift in a layer norm.
  func parameters(_ elements: Int) -> Double { Double(elements) * (self == .layerNorm ? 2 : 1) }
}
