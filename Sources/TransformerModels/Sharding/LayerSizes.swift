internal import GEMMTiming

/// The extents of one layer's operations on one GPU for one micro-batch, checked for overflow.
struct LayerSizes {
  let model: ModelConfiguration
  let plan: ParallelPlan
  var options: StepOptions
  /// Positions of a sequence that are computed.
  let queryLength: Int
  /// Tokens of a micro-batch.
  let tokens: Int
  /// Tokens whose residual stream this GPU holds: `tokens` / tp under sequence parallelism.
  let streamTokens: Int
  /// Query heads of this GPU.
  let heads: Int
  /// Key-value heads of this GPU: at least one, replicated where tp is more than there are.
  let keyValueHeads: Int
  /// Elements of this GPU's query heads, and of its key heads.
  let queryWidth: Int
  let keyValueWidth: Int
  /// The extent of the weights along the residual stream: all of `hidden`, or 1/tp of it in the documented sharding.
  let inner: Int
  /// This GPU's columns of MLP1 and rows of MLP2.
  let upWidth: Int
  let downWidth: Int

  init(model: ModelConfiguration, plan: ParallelPlan, options: StepOptions) throws(ModelError) {
    self.model = model
    self.plan = plan
    self.options = options
    queryLength = options.work == .decode ? 1 : plan.sequence
    tokens = plan.microBatchSize * queryLength
    streamTokens = options.sequenceParallel ? tokens / plan.tp : tokens
    heads = model.heads / plan.tp
    keyValueHeads = max(1, model.keyValueHeads / plan.tp)
    queryWidth = try Extent.product([heads, model.headDimension], "heads × headDimension")
    keyValueWidth = keyValueHeads * model.headDimension
    inner = plan.sharding == .documented ? model.hidden / plan.tp : model.hidden
    downWidth = model.ffn / plan.tp
    upWidth = try Extent.product([downWidth, model.gated ? 2 : 1], "ffn")
  }

  /// A GEMM in the plan's element type.
  func gemm(
    _ m: Int, _ k: Int, _ n: Int, batch: Int = 1, _ role: ProductRole = .weight
  ) throws(ModelError) -> GEMMTiming.Operation {
    do {
      return .gemm(try GEMMShape(m: m, k: k, n: n, batch: batch), plan.dtype, role)
    } catch {
      throw error.value < 1 ? .notPositive(name: error.dimension, value: error.value) : .tooLarge(name: error.dimension)
    }
  }

  /// A pass over memory; extents in elements.
  func pass(_ kind: MemoryTraffic.Kind, read: Double, written: Double, rows: Double? = nil) -> GEMMTiming.Operation {
    let size = Double(plan.dtype.size)
    return .memory(MemoryTraffic(kind, read: read * size, written: written * size, rows: rows))
  }

  /// An exchange within the tensor-parallel group; nothing when it has one member.
  func tensorExchange(_ kind: Communication.Kind, elements: Double) -> GEMMTiming.Operation {
    guard plan.tp > 1 else { return .none }
    return .communication(
      Communication(
        kind, bytes: elements * Double(plan.dtype.size), ranks: plan.tp, nodes: plan.tensorNodes))
  }

  /// Tokens whose logits are wanted: after a prompt only the last of each sequence.
  var headTokens: Int { options.work == .prefill ? plan.microBatchSize : tokens }

  /// Elements of the residual stream of a micro-batch, whole and as far as this GPU holds it.
  var wholeStream: Double { Double(tokens) * Double(model.hidden) }
  var stream: Double { Double(streamTokens) * Double(model.hidden) }
  /// Rows and elements of this GPU's score matrices.
  var scoreRows: Double { Double(plan.microBatchSize) * Double(heads) * Double(queryLength) }
  var scores: Double { scoreRows * Double(plan.sequence) }

  /// The norm in front of a block.
  var norm: GEMMTiming.Operation { normPass(read: stream, written: stream, rows: Double(streamTokens)) }

  /// Its backward pass: the gradient and the input are read, the input's gradient is written.
  var normBackward: GEMMTiming.Operation { normPass(read: 2 * stream, written: stream, rows: Double(streamTokens)) }

  /// A pass of the model's kind of norm, a row a token.
  func normPass(read: Double, written: Double, rows: Double) -> GEMMTiming.Operation {
    pass(model.normalization == .layerNorm ? .layerNorm : .rmsNorm, read: read, written: written, rows: rows)
  }

  /// The sum of a block's output and what went past it, with the mask of what was dropped.
  var residual: GEMMTiming.Operation { pass(.residual, read: 2 * stream, written: stream + mask(stream)) }

  /// Whether dropout runs: in training of models that have it.
  var drops: Bool { model.dropout && options.work == .training }

  /// A dropout mask of one byte an element, counted in elements of the plan's type; 0 without dropout.
  func mask(_ elements: Double) -> Double { drops ? elements / Double(plan.dtype.size) : 0 }
}
