import DeviceModels
import GEMMTiming
import TestSupport
import Testing
import TransformerModels

@testable import Reporting

@Suite struct UtilizationTests {
  private func model(layers: Int = 1) throws -> ModelConfiguration {
    try ModelConfiguration(
      name: "m", layers: layers, hidden: 4096, heads: 32, keyValueHeads: 8, ffn: 14336, vocabulary: 128_256, gated: true
    )
  }

  /// No share of a peak above 1, on any device that ships, however long the prompts are.
  @Test func noDeviceIsUsedMoreThanItCan() throws {
    let names = DeviceSpecification.builtInNames
    #expect(!names.isEmpty)
    for name in names {
      let device = DeviceModel(
        specification: try DeviceSpecification.builtIn(named: name),
        shape: RooflineShape(computeFraction: 1, bandwidthFraction: 1, kneeSharpness: 8))
      let dtype = try #require([DataType.bf16, .fp16, .fp32].first { device.peakFlops($0) != nil })
      for sequence in [128, 2048, 16384, 131_072, 1_048_576] {
        for attention in StepOptions.Attention.allCases {
          let plan = try ParallelPlan(batch: 1, sequence: sequence, dtype: dtype)
          let options = StepOptions(work: .prefill, attention: attention)
          let estimate = try StepEstimate(model: model(), plan: plan, options: options, timeModel: device)
          let share = try #require(try StepAnalysis(estimate, timeModel: device).utilization)
          #expect(share > 0 && share <= 1, "\(name) \(sequence) \(attention): \(share)")
        }
      }
    }
  }

  /// On a device that takes only the arithmetic's time the share is 1, whichever kernels attention has.
  @Test(arguments: StepOptions.Attention.allCases)
  func arithmeticAloneUsesAllOfAPeak(attention: StepOptions.Attention) throws {
    let time = SpecificationRoofline(bandwidth: .infinity, communicates: false)
    for (work, schedule) in [(StepOptions.Work.prefill, StepOptions.Schedule.gPipe), (.decode, .gPipe)] {
      let model = try ModelConfiguration(name: "m", layers: 3, hidden: 512, heads: 8, ffn: 2048)
      let plan = try ParallelPlan(tp: 2, microBatches: 2, batch: 4, sequence: 4096)
      let estimate = try StepEstimate(
        model: model, plan: plan, options: StepOptions(work: work, attention: attention, schedule: schedule),
        timeModel: time)
      let analysis = try StepAnalysis(estimate, timeModel: time)
      #expect(abs((analysis.utilization ?? 0) - 1) < 1e-12)
      // Linear layers 2·(4·h² + 2·h·f) a token, all scores 4·s·h: half of the latter is left out below the diagonal.
      let (linear, all) = (2.0 * (4 * 512 * 512 + 2 * 512 * 2048), 4.0 * 4096 * 512)
      let half = all * (4096 + 1) / (2 * 4096)
      let more = work == .prefill && attention == .fused ? (linear + all) / (linear + half) - 1 : 0
      #expect(abs(analysis.creditOfAllScores - more) < 1e-9)
    }
  }

  /// The document's shapes leave arithmetic out, and are credited with what they do.
  @Test func theDocumentsShapesAreCreditedWithTheirOwn() throws {
    let time = SpecificationRoofline(bandwidth: .infinity, communicates: false)
    let plan = try ParallelPlan.reference.with(pp: 1, sharding: .documented)
    let estimate = try StepEstimate(model: .reference, plan: plan, timeModel: time)
    #expect(abs((try StepAnalysis(estimate, timeModel: time).utilization ?? 0) - 1) < 1e-12)
  }
}
