/// The order in which one stage of a pipeline takes its passes.
///
/// Together with what each pass receives from its neighbours the orders of all stages are the schedule; how long the
/// bubble is follows from the graph.
struct StageOrder {
  let stage: Int
  let stages: Int
  let microBatches: Int
  let options: StepOptions

  private var chunks: Int { options.chunks }

  /// The passes in order.
  var cells: [PipelineCell] {
    switch options.work {
    case .forward, .prefill, .decode: (0..<microBatches * chunks).map(forward)
    case .training: training + [PipelineCell(kind: .update, part: stage, microBatch: 0)]
    }
  }

  private var training: [PipelineCell] {
    switch options.schedule {
    case .gPipe:
      (0..<microBatches * chunks).map(forward) + (0..<microBatches * chunks).reversed().map(mirrored)
    case .oneForwardOneBackward: alternating(warmUp: stages - stage - 1)
    case .interleaved:
      // The deepest warm-up under which each stage's passes still come in rounds: arXiv 2104.04473, §2.2, as
      // Megatron-LM's forward_backward_pipelining_with_interleaving counts it.
      alternating(warmUp: 2 * (stages - stage - 1) + (chunks - 1) * stages)
    case .zeroBubble: zeroBubble
    }
  }

  /// Some forward passes, then one forward and one backward in turn, then the backward passes that are left.
  private func alternating(warmUp: Int) -> [PipelineCell] {
    let count = microBatches * chunks
    let ahead = min(count, warmUp)
    var cells = (0..<ahead).map(forward)
    cells.reserveCapacity(2 * count)
    for index in 0..<(count - ahead) {
      cells.append(forward(ahead + index))
      cells.append(backward(index))
    }
    return cells + ((count - ahead)..<count).map(backward)
  }

  /// ZB-H1: stage s holds its weights' gradients back by s micro-batches, so that every stage keeps as many
  /// activations as the first one does, and fills the end of the step with them (arXiv 2401.10241, §2.2).
  private var zeroBubble: [PipelineCell] {
    let ahead = min(microBatches, stages - stage - 1)
    var cells = (0..<ahead).map(forward)
    cells.reserveCapacity(3 * microBatches)
    for index in 0..<microBatches {
      if ahead + index < microBatches { cells.append(forward(ahead + index)) }
      cells.append(backward(index))
      if index >= stage { cells.append(weightGradient(index - stage)) }
    }
    return cells + (max(0, microBatches - stage)..<microBatches).map(weightGradient)
  }

  /// The `index`-th forward pass: `stages` micro-batches pass a chunk before the next chunk's turn comes.
  private func forward(_ index: Int) -> PipelineCell {
    let (chunk, microBatch) = position(index)
    return PipelineCell(kind: .forward, part: chunk * stages + stage, microBatch: microBatch)
  }

  /// The `index`-th backward pass: like the forward one, with the chunks from the last to the first.
  private func backward(_ index: Int) -> PipelineCell {
    let (chunk, microBatch) = position(index)
    return PipelineCell(kind: .backward, part: (chunks - 1 - chunk) * stages + stage, microBatch: microBatch)
  }

  /// The backward pass that undoes the `index`-th forward pass.
  private func mirrored(_ index: Int) -> PipelineCell {
    let (chunk, microBatch) = position(index)
    return PipelineCell(kind: .backward, part: chunk * stages + stage, microBatch: microBatch)
  }

  private func weightGradient(_ microBatch: Int) -> PipelineCell {
    PipelineCell(kind: .weightGradient, part: stage, microBatch: microBatch)
  }

  private func position(_ index: Int) -> (chunk: Int, microBatch: Int) {
    guard chunks > 1 else { return (0, index) }
    let round = index / (stages * chunks)
    // The last round has the micro-batches that are left.
    let width = max(1, min(stages, microBatches - round * stages))
    let place = index - round * stages * chunks
    return (place / width, round * stages + place % width)
  }
}
