import GEMMTiming
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct StageOperationTests {
  private func estimate(_ options: StepOptions, pp: Int, microBatches: Int) throws -> StepEstimate {
    let model = try ModelConfiguration(
      name: "small", layers: 8, hidden: 1024, heads: 8, ffn: 4096, vocabulary: 4096, maximumPositions: 2048)
    return try StepEstimate(
      model: model,
      plan: ParallelPlan(tp: 2, pp: pp, dp: 2, microBatches: microBatches, batch: 2 * microBatches, sequence: 512),
      options: options, timeModel: SpecificationRoofline(launch: 2e-6))
  }

  /// What a stage's streams are busy with is what its operations take, however they are counted.
  @Test(arguments: [
    (StepOptions(work: .training, attention: .fused, schedule: .oneForwardOneBackward), 4),
    (StepOptions(work: .training, attention: .unfused, schedule: .zeroBubble), 2),
    (StepOptions(work: .training, attention: .fused, schedule: .interleaved(chunks: 2)), 2),
    (StepOptions(work: .forward), 1),
  ])
  func nothingOfAStageIsLeftOut(_ options: StepOptions, _ pp: Int) throws {
    let estimate = try estimate(options, pp: pp, microBatches: 8)
    for stage in 0..<pp {
      let operations = estimate.operations(ofStage: stage)
      let busy = estimate.schedule.busy[stage].reduce(0, +)
      let sum = operations.reduce(0) { $0 + $1.total.seconds }
      #expect(abs(sum / busy - 1) < 1e-9, "stage \(stage): \(sum), \(busy)")
      let nodes = (0..<estimate.step.nodeCount).filter {
        estimate.step.stage(of: $0) == stage && estimate.step.operation(of: $0).operation != .none
      }
      #expect(operations.reduce(0) { $0 + $1.count } == nodes.count)
    }
  }

  @Test func equalOperationsStandOnceAndLaunchingIsNone() throws {
    var options = StepOptions(work: .training, attention: .fused, schedule: .oneForwardOneBackward)
    options.launch = .eager
    let estimate = try estimate(options, pp: 2, microBatches: 4)
    let operations = estimate.operations(ofStage: 1)
    let names = operations.map(\.costed.operation.name)
    #expect(Set(names).count == names.count && !names.contains("dispatch"))
    // Four layers of four micro-batches, and one head.
    #expect(operations.first { $0.costed.operation.name == "mlp2" }?.count == 16)
    #expect(operations.first { $0.costed.operation.name == "lm_head" }?.count == 4)
    #expect(!estimate.operations(ofStage: 0).contains { $0.costed.operation.name == "lm_head" })
  }
}
