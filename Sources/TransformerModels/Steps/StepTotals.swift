internal import GEMMTiming
internal import TaskGraphs

/// The three totals of a step, side by side: what they leave out is why they differ.
public struct StepTotals: Hashable, Sendable {
  /// The reference document's `L × max(Get_Time of the layer's GEMMs) + Pipeline_Overhead`.
  public struct Document: Hashable, Sendable {
    /// `Layer_Runtime`: the slowest GEMM of a layer, for one micro-batch; of unequal layers the mean.
    public let layerRuntime: TimeInterval90
    /// That GEMM; of unequal layers the slowest of all.
    public let slowest: CostedOperation
    /// `L`.
    public let layers: Int
    /// How many times all layers run one after the other: (microBatches + pp − 1) / pp, which is 1 for one micro-batch.
    public let passes: Double
    /// `Pipeline_Overhead`: the sends from stage to stage of one micro-batch.
    public let pipelineOverhead: TimeInterval90
    /// layers · passes · layerRuntime + pipelineOverhead.
    public let total: TimeInterval90
  }

  /// GEMMs of the forward pass alone, and of each layer only the slowest.
  public let document: Document
  /// The longest path of one micro-batch through dependencies alone: no waiting for a GPU that is busy.
  public let criticalPath: TimeInterval90
  /// The makespan with every stream of every stage running one operation at a time: the forecast.
  public let schedule: TimeInterval90
}

extension StepGraph {
  /// The longest path with every duration at its median, at the low and at the high end of its interval.
  ///
  /// All at the low end together and all at the high end together: the operations' errors come from one time model
  /// and go the same way, so they are not averaged away.
  func lengthInterval(median: Double) throws(ModelError) -> TimeInterval90 {
    TimeInterval90(
      seconds: median, low: CriticalPath.length(of: try recosted { $0.prediction.low }),
      high: CriticalPath.length(of: try recosted { $0.prediction.high }))
  }
}
