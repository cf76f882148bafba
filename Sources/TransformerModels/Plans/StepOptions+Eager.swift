extension StepOptions {
  /// Seconds that PyTorch takes to launch one operation of a Megatron layer in eager mode.
  ///
  /// Fitted, with ``eagerPassDispatch``: of about thirty pairs the one of lowest mean error over 698 single-node runs of
  /// small models on A100s that vTrain publishes (Bang et al., MICRO 2024, MIT licence). Other hosts differ by as much
  /// as 30 %.
  public static let eagerDispatch = 54e-6

  /// Seconds that it takes besides for each pass of a micro-batch: inputs, masks, the schedule; fitted likewise.
  public static let eagerPassDispatch = 1e-3

  /// A training step as Megatron-LM and its descendants run it, launched operation by operation.
  ///
  /// It is 1F1B where `chunks` is 1, and interleaved where it is more. With `overlapsTensorExchanges` the backward
  /// pass's exchanges run beside the weights' gradients, as in Megatron-LM from version 3.0 on and not in what was made
  /// of earlier ones. Sends and gradients' exchanges hold computation up in either.
  public static func megatron(
    chunks: Int = 1, recomputation: Recomputation = .none, sequenceParallel: Bool = false,
    overlapsTensorExchanges: Bool = false
  ) -> StepOptions {
    StepOptions(
      work: .training, schedule: chunks == 1 ? .oneForwardOneBackward : .interleaved(chunks: chunks),
      recomputation: recomputation, sequenceParallel: sequenceParallel,
      overlapped: overlapsTensorExchanges ? [.tensor] : [], dispatch: eagerDispatch, passDispatch: eagerPassDispatch)
  }
}
