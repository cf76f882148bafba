public import TransformerModels

/// The software that trains a model: what decides which exchanges run beside computation, and in which element type.
public enum TrainingFramework: String, Sendable, CaseIterable {
  /// Megatron-LM from version 3.0 on, which brought sequence parallelism (Korthikanti et al., arXiv 2205.05198).
  ///
  /// Its linear layers are one autograd function each. In the backward pass it starts the exchange of the input's
  /// gradient asynchronously, computes the weight's gradient meanwhile, and then waits
  /// (`LinearWithGradAccumulationAndAsyncCommunication` in `megatron/core/tensor_parallel/layers.py`; one hardware
  /// queue, `CUDA_DEVICE_MAX_CONNECTIONS=1`, sees to it that the exchange starts first). Training in bf16, it sums and
  /// exchanges gradients in fp32.
  case megatronLM = "megatron-lm"
  /// Megatron-DeepSpeed and what else descends from Megatron-LM before 3.0.
  ///
  /// There the exchange is an autograd function of its own (`_CopyToModelParallelRegion` in
  /// `megatron/mpu/mappings.py`), which reduces and waits before the backward pass goes on: nothing runs beside it.
  /// DeepSpeed exchanges gradients in the element type of the training regime, unless `communication_data_type` in its
  /// configuration says otherwise.
  case megatronDeepSpeed = "megatron-deepspeed"

  /// The names, for messages.
  public static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension StepOptions {
  /// A training step as a framework runs it, launched operation by operation.
  ///
  /// It is 1F1B where `chunks` is 1, and interleaved where it is more. Sends, exchanges of the forward pass, and of
  /// gradients between replicas hold computation up in either framework.
  public static func training(
    by framework: TrainingFramework, chunks: Int = 1, recomputation: Recomputation = .none,
    sequenceParallel: Bool = false
  ) -> StepOptions {
    var options = StepOptions(
      work: .training, schedule: chunks == 1 ? .oneForwardOneBackward : .interleaved(chunks: chunks),
      recomputation: recomputation, sequenceParallel: sequenceParallel,
      overlapped: framework == .megatronLM ? [.tensor] : [], launch: .eager)
    options.gradientExchange = framework == .megatronLM ? .fp32 : .weights
    return options
  }
}
