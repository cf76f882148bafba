/// What a running calibration says of itself.
public enum CalibrationProgress: Sendable {
  /// The kernels that were tried on some GEMMs, OpenBLAS's own choice first, with the flop/s each reached, and the one that
  /// is kept.
  case kernelChosen(String, tried: [KernelTrial])
  /// A measurer is ready.
  case ready(MeasurerSetting)
  /// An item was finished: how many of how many (each pass counts), in which pass, and the seconds spent and allowed.
  case measured(WorkItem, done: Int, of: Int, pass: Int, elapsed: Double, budget: Double)
  /// The host was slow meanwhile (canary over its usual time), and what was measured is measured again.
  case repeated(count: Int, slowdown: Double)
  /// Further shapes were chosen where the model is least sure.
  case chose(count: Int, expectedError: Double)
  /// The run ended before every item was measured once: stopped, or out of time.
  case ended(unfinished: Int, stopped: Bool)
}

/// How fast one kernel ran the trial GEMMs.
public struct KernelTrial: Hashable, Sendable {
  /// OpenBLAS's name of it.
  public var kernel: String
  /// The geometric mean over the GEMMs of the median flop/s over the rounds.
  public var flops: Double

  /// Describes a trial.
  public init(kernel: String, flops: Double) {
    self.kernel = kernel
    self.flops = flops
  }
}
