import GEMMTiming
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct StepAnalysisTests {
  @Test func sharesAreOfTheWholeLayer() throws {
    let time = SpecificationRoofline()
    let estimate = try StepEstimate(model: .reference, plan: .reference, timeModel: time)
    let analysis = try StepAnalysis(estimate, timeModel: time)
    #expect(abs(analysis.shares.reduce(0) { $0 + $1.share } - 1) < 1e-12)
    #expect(analysis.bottleneck?.seconds == estimate.kinds[0].forward.map(\.prediction.seconds).max())
    #expect(analysis.shares.map(\.seconds) == analysis.shares.map(\.seconds).sorted(by: >))
  }

  @Test func theChainCoversTheMakespan() throws {
    let time = SpecificationRoofline(launch: 1e-6)
    let plan = try ParallelPlan.reference.with(microBatches: 16)
    let estimate = try StepEstimate(model: .reference, plan: plan, timeModel: time)
    let analysis = try StepAnalysis(estimate, timeModel: time)
    #expect(abs(analysis.chain.total / estimate.schedule.makespan - 1) < 1e-9)
    #expect(abs(analysis.communicationShare - analysis.chain.communication / estimate.schedule.makespan) < 1e-9)
    #expect(analysis.communicationShare > 0 && analysis.communicationShare < 1)
  }

  @Test func perfectScalingIsOne() throws {
    // Without exchanges and memory passes only products are left, and they divide by tp.
    let time = SpecificationRoofline(bandwidth: .infinity, communicates: false)
    let estimate = try StepEstimate(model: .reference, plan: .reference, timeModel: time)
    let scaling = try #require(try StepAnalysis(estimate, timeModel: time).tensorScaling)
    #expect(abs(scaling.efficiency - 1) < 1e-12)
    let real = SpecificationRoofline()
    let costly = try StepEstimate(model: .reference, plan: .reference, timeModel: real)
    #expect(try StepAnalysis(costly, timeModel: real).tensorScaling?.efficiency ?? 2 < 1)
  }

  @Test func utilizationIsOneWhereOnlyProductsTakeTime() throws {
    let time = SpecificationRoofline(bandwidth: .infinity, communicates: false)
    let plan = try ParallelPlan.reference.with(pp: 1)
    let estimate = try StepEstimate(model: .reference, plan: plan, timeModel: time)
    #expect(abs((try StepAnalysis(estimate, timeModel: time).utilization ?? 0) - 1) < 1e-12)
  }
}
