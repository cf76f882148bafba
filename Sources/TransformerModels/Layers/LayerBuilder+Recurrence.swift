internal import GEMMTiming

/// A recurrence over the sequence whose state is a matrix a head: linear attention and state-space models alike.
struct RecurrenceCore {
  /// Heads of this GPU; each counts with keys of its own, though groups of them may share.
  let heads: Int
  /// Elements of a head's vector, and of a row of its state.
  let headDimension, stateDimension: Int
  /// Positions that are worked on as products at once.
  let chunk: Int
  /// Channels that pass the filter over the last positions, and the positions that it sees.
  let channels, filter: Int
  /// How many times a plain recurrence's work a chunk is.
  var effort = 1.0

  /// Elements of all states of one sequence.
  var state: Double { Double(heads) * Double(headDimension) * Double(stateDimension) }
}

extension LayerBuilder {
  /// A filter, then the recurrence: over chunks in the dual form of products, position by position in decoding.
  ///
  /// Within a chunk it is attention without softmax; between chunks a state of stateDimension × headDimension elements a
  /// head is handed on (Dao and Gu, *Mamba-2*, arXiv 2405.21060, §6). States are in fp32.
  ///
  /// - Parameters:
  ///   - core: its sizes on this GPU.
  ///   - input: what the filter takes, all channels of each token.
  /// - Returns: one vector of each head and token.
  /// - Throws: ``ModelError`` for a shape that is out of range.
  mutating func recurrence(_ core: RecurrenceCore, _ input: LayerTensor) throws(ModelError) -> LayerTensor {
    let plan = setting.plan
    let stateBytes = 4 * core.state
    cache(
      elementsPerPosition: 0,
      stateBytes: stateBytes + Double(core.channels * (core.filter - 1)) * setting.activationSize)
    let tokens = Double(setting.tokens)
    let (sequences, elements) = (Double(plan.microBatchSize), tokens * Double(core.heads * core.headDimension))
    let entered = contextHeads(.recurrenceScatter, input)
    let filtered = pass(
      .filter, .copy, [entered], elements: tokens * Double(core.channels), saving: .inputs)
    if setting.options.work == .decode {
      let states = sequences * stateBytes / setting.activationSize
      return pass(
        .recurrenceStep, .copy, [filtered], elements: elements, read: filtered.elements + states,
        written: elements + states)
    }
    // Context parallelism cuts heads while the recurrence runs over whole sequences.
    let length = plan.sequence
    let heads = max(1, core.heads / plan.cp)
    let chunk = min(core.chunk, length)
    let shape: AttentionShape
    do {
      shape = try AttentionShape(
        batch: plan.microBatchSize, heads: heads, keyValueHeads: heads, headDimension: core.stateDimension,
        valueDimension: core.headDimension, queryLength: length, keyLength: length, causal: true, window: chunk,
        isChunked: true)
    } catch { throw .tooLarge(name: error.dimension) }
    let chunks = try Extent.product([plan.microBatchSize, (length - 1) / chunk + 1, heads], "chunks × heads")
    let inside = kernel(
      .chunks, .attention(shape, plan.types.activation), [filtered], elements: elements, backward: 2.5,
      repeats: core.effort)
    let states = try contraction(
      .states, filtered, filtered, m: core.stateDimension, k: chunk, n: core.headDimension, batch: chunks,
      kinds: (.activations, .activations), gives: .other)
    let passed = pass(.statePass, .copy, [states], elements: states.elements, saving: .nothing)
    let outside = try contraction(
      .stateOutput, filtered, passed, m: chunk, k: core.stateDimension, n: core.headDimension, batch: chunks,
      kinds: (.activations, .activations), gives: .other)
    let sum = pass(.recurrenceSum, .residual, [inside, outside], elements: elements, saving: .nothing)
    return contextHeads(.recurrenceGather, sum)
  }
}

extension OperationRole {
  static let recurrenceScatter = OperationRole("ssm_scatter", .recurrence, stream: .context)
  static let recurrenceGather = OperationRole("ssm_gather", .recurrence, stream: .context)
  static let filter = OperationRole("ssm_conv", .recurrence)
  static let recurrenceStep = OperationRole("ssm_step", .recurrence)
  static let chunks = OperationRole("ssm_chunks", .recurrence, title: "State-Space Chunks")
  static let states = OperationRole("ssm_states", .recurrence)
  static let statePass = OperationRole("ssm_state_pass", .recurrence)
  static let stateOutput = OperationRole("ssm_state_out", .recurrence)
  static let recurrenceSum = OperationRole("ssm_sum", .recurrence)
}
