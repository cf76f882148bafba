import Foundation
import GEMMTiming
import ModelFiles
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct HostLaunchTests {
  private let model = try? ModelConfiguration(
    name: "small", layers: 8, hidden: 1024, heads: 16, ffn: 4096, vocabulary: 50304)

  private func step(
    _ launch: HostLaunch?, pp: Int = 1, microBatches: Int = 4, time: SpecificationRoofline = SpecificationRoofline()
  ) throws -> StepEstimate {
    let plan = try ParallelPlan(pp: pp, microBatches: microBatches, batch: microBatches, sequence: 1024)
    var options = StepOptions.training(by: .megatronDeepSpeed)
    options.launch = launch
    return try StepEstimate(model: try #require(model), plan: plan, options: options, timeModel: time)
  }

  @Test(arguments: [1.0, 2, 4, 9]) func theStallIsThatOfThePowerMean(knee: Double) {
    let launch = HostLaunch(operation: 1, pass: 0, knee: knee, spread: 1)
    // Where both are alike the sum is 2^(1/q) of either.
    #expect(abs(launch.stall(host: 3, gpu: 3) - (3 * pow(2, 1 / knee) - 3)) < 1e-12)
    #expect(launch.stall(host: 3, gpu: 0) == 0 && launch.stall(host: 0, gpu: 0) == 0)
    #expect(launch.stall(host: 2, gpu: 5) == launch.stall(host: 5, gpu: 2))
    #expect(launch.stall(host: 1, gpu: 100) <= 100 * pow(0.01, knee) / knee + 1e-12)
  }

  @Test func aSlowHostBoundsTheStep() throws {
    // With kernels that take next to nothing, all that is left is launching: operations and passes, counted.
    let quick = SpecificationRoofline(flops: 1e30, bandwidth: 1e30, communicates: false)
    let launch = HostLaunch(operation: 1e-3, pass: 7e-3, knee: 4, spread: 1)
    let estimate = try step(launch, time: quick)
    let layer = try LayerGraph(model: try #require(model), plan: estimate.plan, options: estimate.options)
    let operations = (layer.forward + layer.backward).count { $0.operation != .none }
    let expected = 4 * (8 * Double(operations) * 1e-3 + 2 * 7e-3)
    #expect(abs(estimate.schedule.makespan / expected - 1) < 1e-6)
    #expect(try StepAnalysis(estimate, timeModel: quick).chain[.launch] > 0.999 * expected)
  }

  @Test func aQuickHostCostsNothing() throws {
    let quick = HostLaunch(operation: 1e-12, pass: 0, knee: 4, spread: 1)
    #expect(abs(try step(quick).schedule.makespan / step(nil).schedule.makespan - 1) < 1e-9)
  }

  @Test func launchingIsNoBubble() throws {
    let launch = HostLaunch(operation: 1e-3, pass: 0, knee: 4, spread: 1)
    let analysis = try StepAnalysis(step(launch), timeModel: SpecificationRoofline())
    #expect(analysis.bubble < 0.05)
    // Between two stages half of them wait at the beginning and the end.
    let two = try StepAnalysis(step(launch, pp: 2), timeModel: SpecificationRoofline())
    #expect(abs(two.bubble - 0.2) < 0.05)
  }
}
