import GEMMTiming
import ModelFiles
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct TrainingFrameworkTests {
  private func step(_ framework: TrainingFramework, tp: Int = 1, dp: Int = 1) throws -> StepEstimate {
    let model = try ModelConfiguration(
      name: "small", layers: 4, hidden: 2048, heads: 16, ffn: 8192, vocabulary: 50304)
    return try StepEstimate(
      model: model, plan: try ParallelPlan(tp: tp, dp: dp, batch: dp, sequence: 1024),
      options: .training(by: framework), timeModel: SpecificationRoofline())
  }

  private func exchangedGradients(_ estimate: StepEstimate) -> Double {
    var bytes = 0.0
    for operation in estimate.step.templates.flatMap(\.operations) where operation.operation.role == .gradientReduce {
      if case .communication(let exchange) = operation.operation.operation { bytes += exchange.bytes }
    }
    return bytes
  }

  @Test func deepSpeedExchangesHalfTheBytesOfGradients() throws {
    let half = exchangedGradients(try step(.megatronDeepSpeed, dp: 4))
    let whole = exchangedGradients(try step(.megatronLM, dp: 4))
    #expect(half > 0 && whole == 2 * half)
  }

  @Test func onlyMegatronLMHidesExchangesBehindTheWeightsGradients() throws {
    let (beside, between) = (try step(.megatronLM, tp: 4), try step(.megatronDeepSpeed, tp: 4))
    #expect(beside.schedule.makespan < between.schedule.makespan)
    let streams = { (estimate: StepEstimate) in
      Set(
        estimate.step.templates.flatMap(\.operations)
          .filter { $0.operation.role == BranchRoles.mlp.allReduce }.map(\.stream))
    }
    #expect(streams(beside) == [.tensor] && streams(between) == [.compute])
  }
}
