import GEMMTiming
import TestSupport
import TransformerModels

@testable import Reporting

/// Reports of small steps, made without a fit.
enum ReportFixture {
  static let ceilings = DeviceCeilings(
    device: "<specification> & \"more\"",
    compute: [.init("bf16 peak", rate: 400e12), .init("sustained", rate: 300e12)],
    memory: [.init("memory", rate: 2e12), .init("cache", rate: 5e12)])

  /// The reference model's forward pass.
  static func reference(microBatches: Int = 1) throws -> RuntimeReport {
    try RuntimeReport(
      model: .reference, plan: ParallelPlan.reference.with(microBatches: microBatches),
      device: SpecificationRoofline(launch: 1e-6), capacity: 80e9, provenance: ["a <planted> & \"quoted\" device"])
  }

  /// A training step of a small model with every stream in use.
  static func training(
    _ schedule: StepOptions.Schedule, pp: Int = 4, microBatches: Int = 8
  ) throws -> RuntimeReport {
    let model = try ModelConfiguration(
      name: "small <&> model", layers: 8, hidden: 1024, heads: 8, ffn: 4096, vocabulary: 4096, maximumPositions: 2048)
    return try RuntimeReport(
      model: model,
      plan: ParallelPlan(tp: 2, pp: pp, dp: 2, microBatches: microBatches, batch: 2 * microBatches, sequence: 512),
      options: StepOptions(work: .training, attention: .fused, schedule: schedule),
      device: SpecificationRoofline(launch: 2e-6), capacity: 80e9)
  }
}
