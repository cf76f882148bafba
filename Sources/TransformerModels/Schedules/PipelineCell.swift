/// What a stage does in one go: one pass of one micro-batch through one of its parts of the model.
public struct PipelineCell: Hashable, Sendable {
  /// The kind of pass.
  public enum Kind: UInt8, Sendable, CaseIterable {
    case forward
    /// Backward: both gradients, or by the input alone where the schedule splits them.
    case backward
    /// The weights' gradients, where the schedule splits them off.
    case weightGradient
    /// Once a step: exchange of gradients and the optimizer's step.
    case update
  }

  /// The kind of pass.
  public let kind: Kind
  /// The part of the model: parts are numbered along the model, and part p is on stage p mod pp.
  public let part: Int
  /// The micro-batch, counted from 0.
  public let microBatch: Int
}

/// The order in which a stage takes its passes.
public enum StageOrder {
  /// The passes of `stage` in order.
  static func cells(
    stage: Int, stages: Int, microBatches: Int, options: StepOptions
  ) -> [PipelineCell] {
    switch options.work {
    case .forward: forward(stage: stage, stages: stages, microBatches: microBatches, chunks: options.chunks)
    case .training: forward(stage: stage, stages: stages, microBatches: microBatches, chunks: options.chunks)
    }
  }

  /// Forward passes alone: every micro-batch through a part, in rounds of `stages` when there are several parts.
  private static func forward(stage: Int, stages: Int, microBatches: Int, chunks: Int) -> [PipelineCell] {
    (0..<microBatches * chunks).map { index in
      let (chunk, microBatch) = position(index, stages: stages, chunks: chunks)
      return PipelineCell(kind: .forward, part: chunk * stages + stage, microBatch: microBatch)
    }
  }

  /// The chunk and micro-batch of the `index`-th forward pass of a stage: `stages` micro-batches pass a chunk before
  /// the next chunk's turn comes.
  static func position(_ index: Int, stages: Int, chunks: Int) -> (chunk: Int, microBatch: Int) {
    guard chunks > 1 else { return (0, index) }
    let round = index / (stages * chunks)
    return (index % (stages * chunks) / stages, round * stages + index % stages)
  }
}
