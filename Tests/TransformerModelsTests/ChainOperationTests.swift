import GEMMTiming
import TestSupport
import Testing

@testable import TransformerModels

struct ChainOperationTests {
  @Test(arguments: [1, 4])
  func theirSecondsAreTheMakespan(stages: Int) throws {
    let plan = try ParallelPlan.reference.with(tp: 2, pp: stages, microBatches: 4)
    let estimate = try StepEstimate(
      model: .reference, plan: plan, options: StepOptions(work: .training), timeModel: SpecificationRoofline())
    let operations = estimate.chainOperations
    let seconds = operations.reduce(0) { $0 + $1.seconds }
    #expect(abs(seconds / estimate.schedule.makespan - 1) < 1e-9)
    #expect(Set(operations.map(\.operation)).count == operations.count)
    for operation in operations {
      #expect(abs(operation.seconds / (Double(operation.count) * operation.prediction.seconds) - 1) < 1e-9)
    }
    #expect(operations.contains { if case .communication = $0.operation { true } else { false } })
    #expect(operations.contains { if case .gemm = $0.operation { $0.count > 1 } else { false } })
  }
}
