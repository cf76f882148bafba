/// What a running calibration says of itself.
public enum CalibrationProgress: Sendable {
  /// The kernels that were tried on one GEMM, with the flop/s each reached, and the one that is kept.
  case kernelChosen(String, tried: [KernelTrial])
  /// A measurer is ready.
  case ready(MeasurerSetting)
  /// An item was finished: how many of how many, in which pass, and the seconds spent and allowed.
  case measured(WorkItem, done: Int, of: Int, pass: Int, elapsed: Double, budget: Double)
  /// Further shapes were chosen where the model is least sure.
  case chose(count: Int, expectedError: Double)
}

/// How fast one kernel ran the trial GEMM.
public struct KernelTrial: Hashable, Sendable {
  public var kernel: String
  /// Median flop/s over the rounds.
  public var flops: Double

  /// Describes a trial.
  public init(kernel: String, flops: Double) {
    self.kernel = kernel
    self.flops = flops
  }
}
