import DeviceModels
import GEMMTiming
import ModelFiles
import TransformerModels

/// Training steps of published sizes.
enum SamplePlans {
  typealias Step = (ModelConfiguration, ParallelPlan, StepOptions)

  static let all: [(name: String, make: @Sendable () throws -> Step)] = [
    // Korthikanti et al., arXiv 2205.05198, table 3, without recomputation.
    (
      "megatron-1t, tp 8, pp 64, 512 micro-batches",
      {
        (
          try ModelConfiguration(named: "megatron-1t"),
          try ParallelPlan(tp: 8, pp: 64, microBatches: 512, batch: 512, sequence: 2048),
          StepOptions(work: .training, schedule: .oneForwardOneBackward)
        )
      }
    ),
    (
      "mixtral-8x7b, tp 2, pp 4, dp 16, ep 8, 64 micro-batches",
      {
        (
          try ModelConfiguration(named: "mixtral-8x7b"),
          try ParallelPlan(tp: 2, pp: 4, dp: 16, ep: 8, microBatches: 64, batch: 1024, sequence: 4096),
          StepOptions(
            work: .training, attention: .fused, schedule: .interleaved(chunks: 2), sequenceParallel: true,
            dataSharding: .optimizer, overlapsGradients: true)
        )
      }
    ),
  ]

  /// A device that comes with the tool, under a host's roofline with round figures.
  static func device() throws -> DeviceModel {
    DeviceModel(
      specification: try DeviceSpecification.builtIn(named: "a100-sxm-80gb"),
      shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.8, kneeSharpness: 4))
  }
}
