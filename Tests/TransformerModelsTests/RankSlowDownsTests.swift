import GEMMTiming
import SeededRandom
import TaskGraphs
import TestSupport
import Testing

@testable import TransformerModels

/// The graph of all GPUs: every rank of every stage has its own copy of each operation, and exchanges wait for all
/// that take part in them.
private struct UnfoldedStep {
  let makespan: Double
  let taskCount: Int

  init(_ step: StepGraph, slowDown factors: [Int: Double]) throws {
    let plan = step.plan
    let ranks = plan.tp * plan.dp
    var builder = TaskGraph.Builder()
    for node in 0..<step.nodeCount {
      let (operation, stage) = (step.operation(of: node), step.stage(of: node))
      for rank in 0..<ranks {
        let isExchange = if case .communication = operation.operation { true } else { false }
        let factor = isExchange ? 1 : factors[rank + ranks * stage] ?? 1
        builder.addTask(duration: step.graph.durations[node] * factor)
      }
    }
    for node in 0..<step.nodeCount {
      let operation = step.operation(of: node)
      for rank in 0..<ranks {
        for member in Self.members(of: operation, rank: rank, plan: plan) {
          for earlier in step.graph.predecessors(of: node) {
            builder.addDependency(of: node * ranks + rank, on: earlier * ranks + member)
          }
        }
      }
    }
    makespan = CriticalPath.length(of: try builder.build())
    taskCount = builder.taskCount
  }

  /// The ranks within a stage for which one of them waits.
  private static func members(of operation: LayerOperation, rank: Int, plan: ParallelPlan) -> [Int] {
    guard case .communication = operation.operation else { return [rank] }
    let (tensor, replica) = (rank % plan.tp, rank / plan.tp)
    switch operation.role.stream {
    case .tensor: return (0..<plan.tp).map { $0 + plan.tp * replica }
    case .data: return (0..<plan.dp).map { tensor + plan.tp * $0 }
    case .expert:
      let first = replica / plan.ep * plan.ep
      return (first..<first + plan.ep).map { tensor + plan.tp * $0 }
    default: return [rank]
    }
  }
}

@Suite struct RankSlowDownsTests {
  private func model(experts: Bool = false) throws -> ModelConfiguration {
    try ModelConfiguration(
      name: "small", layers: 6, hidden: 256, heads: 8, ffn: 1024,
      experts: experts ? (4, 2) : nil)
  }

  private static let schedules: [StepOptions.Schedule] = [.gPipe, .oneForwardOneBackward, .interleaved(chunks: 2)]

  /// One slow rank, wherever it is: folding the others into it gives what the graph of all GPUs gives.
  @Test func oneStragglerIsAsInTheWholeGraph() throws {
    var random = SplitMix64(seed: 21)
    let time = SpecificationRoofline(launch: 1e-6)
    for (tp, pp, dp, ep) in [(2, 2, 1, 1), (1, 3, 2, 1), (4, 1, 2, 1), (2, 2, 2, 1), (2, 2, 4, 2)] {
      for schedule in Self.schedules {
        let plan = try ParallelPlan(
          tp: tp, pp: pp, dp: dp, ep: ep, microBatches: 2 * pp, batch: 2 * pp * dp, sequence: 64)
        let options = StepOptions(
          work: .training, schedule: schedule,
          dataSharding: StepOptions.DataSharding.allCases.randomElement(using: &random) ?? .none,
          overlapsGradients: Bool.random(using: &random))
        let slow = [Int.random(in: 0..<plan.gpus, using: &random): Double.random(in: 1...3, using: &random)]
        let model = try model(experts: ep > 1)
        let folded = try StepEstimate(
          model: model, plan: plan, options: options, devices: StageDevices(time), slowDowns: RankSlowDowns(slow))
        let fast = try StepGraph(model: model, plan: plan, options: options, timeModel: time)
        let unfolded = try UnfoldedStep(fast, slowDown: slow)
        #expect(abs(folded.schedule.makespan / unfolded.makespan - 1) < 1e-12, "\(plan), \(schedule)")
        #expect(unfolded.taskCount == folded.step.nodeCount * tp * dp)
        #expect(folded.schedule.makespan >= CriticalPath.length(of: fast.graph))
      }
    }
  }

  /// Without a slow rank the graph of all GPUs takes as long as that of one GPU a stage.
  @Test func equalRanksFold() throws {
    let time = SpecificationRoofline(launch: 1e-6)
    let plan = try ParallelPlan(tp: 2, pp: 2, dp: 4, ep: 2, microBatches: 4, batch: 16, sequence: 64)
    let options = StepOptions(work: .training, schedule: .oneForwardOneBackward)
    let step = try StepGraph(model: model(experts: true), plan: plan, options: options, timeModel: time)
    #expect(try UnfoldedStep(step, slowDown: [:]).makespan == CriticalPath.length(of: step.graph))
  }

  /// Several slow ranks: never less than the whole graph's, and the same where replicas hold one each.
  @Test func manyStragglersAreBounded() throws {
    var random = SplitMix64(seed: 22)
    let time = SpecificationRoofline(launch: 1e-6)
    let options = StepOptions(work: .training, schedule: .oneForwardOneBackward)
    for _ in 0..<12 {
      let plan = try ParallelPlan(tp: 2, pp: 3, dp: 3, microBatches: 4, batch: 12, sequence: 64)
      var slow: [Int: Double] = [:]
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        slow[Int.random(in: 0..<plan.gpus, using: &random)] = Double.random(in: 0.5...3, using: &random)
      }
      let folded = try StepEstimate(
        model: model(), plan: plan, options: options, devices: StageDevices(time), slowDowns: RankSlowDowns(slow))
      let step = try StepGraph(model: model(), plan: plan, options: options, timeModel: time)
      let whole = try UnfoldedStep(step, slowDown: slow).makespan
      #expect(folded.schedule.makespan >= whole * (1 - 1e-12))
      #expect(folded.schedule.makespan <= whole * 1.05)
    }
  }

  @Test func costDoesNotGrowWithTensorParallelism() throws {
    let model = try ModelConfiguration(name: "wide", layers: 8, hidden: 1024, heads: 32, ffn: 4096)
    var counts: Set<Int> = []
    for tp in [2, 4, 8, 16, 32] {
      let plan = try ParallelPlan(tp: tp, pp: 4, dp: 2, microBatches: 4, batch: 8, sequence: 64)
      let options = StepOptions(work: .training, schedule: .oneForwardOneBackward)
      for slow in [[:], [3: 1.5], [3: 1.5, 1: 1.2]] {
        let estimate = try StepEstimate(
          model: model, plan: plan, options: options, devices: StageDevices(SpecificationRoofline()),
          slowDowns: RankSlowDowns(slow))
        counts.insert(estimate.step.nodeCount)
      }
    }
    #expect(counts.count == 1)
  }

  @Test func ranksThatAreNotThereAreNamed() throws {
    let plan = try ParallelPlan(tp: 2, pp: 2, batch: 1, sequence: 64)
    for rank in [-1, 4, Int.max] {
      #expect(throws: ModelError.self) {
        try StepEstimate(
          model: model(), plan: plan, devices: StageDevices(SpecificationRoofline()),
          slowDowns: RankSlowDowns([rank: 2]))
      }
    }
    for factor in [0, -1, Double.nan, .infinity] {
      #expect(throws: ModelError.self) { try RankSlowDowns([0: factor]) }
    }
  }
}

@Suite struct StageDevicesTests {
  @Test func aSlowStageHoldsUpThePipeline() throws {
    let model = try ModelConfiguration(name: "plain", layers: 12, hidden: 64, heads: 4, ffn: 256)
    let time = SpecificationRoofline(communicates: false)
    let plan = try ParallelPlan(pp: 4, microBatches: 8, batch: 8, sequence: 128)
    let estimate = try StepEstimate(model: model, plan: plan, timeModel: time)
    let stage = estimate.schedule.makespan / 11  // (m + p − 1) passes of equal stages
    #expect(abs(try estimate.makespan(slowDown: [1, 1, 1, 1]) / estimate.schedule.makespan - 1) < 1e-12)
    // The slow stage's 8 passes at half speed, and one pass of each other stage.
    #expect(abs(try estimate.makespan(slowDown: [1, 2]) / ((8 * 2 + 3) * stage) - 1) < 1e-9)
    #expect(throws: ModelError.self) { try estimate.makespan(slowDown: [1, 1, 1, 1, 1]) }
    #expect(throws: ModelError.self) { try estimate.makespan(slowDown: [-1]) }
  }

  /// A stage on a device of half the speed is a stage that takes twice as long.
  @Test func aStageCanHaveItsOwnDevice() throws {
    let model = try ModelConfiguration(name: "plain", layers: 12, hidden: 64, heads: 4, ffn: 256)
    let plan = try ParallelPlan(pp: 4, microBatches: 8, batch: 8, sequence: 128)
    let fast = SpecificationRoofline(communicates: false)
    let slow = SpecificationRoofline(
      flops: fast.flops / 2, bandwidth: fast.bandwidth / 2, communicates: false)
    let even = try StepEstimate(model: model, plan: plan, timeModel: fast)
    let uneven = try StepEstimate(
      model: model, plan: plan, devices: StageDevices([fast, slow], ofStage: [0, 1, 0, 0]))
    #expect(abs(uneven.schedule.makespan / (try even.makespan(slowDown: [1, 2])) - 1) < 1e-12)
    #expect(uneven.schedule.busy[1][0] == 2 * even.schedule.busy[1][0])
    #expect(uneven.schedule.busy[2][0] == even.schedule.busy[2][0])
    #expect(uneven.device == "specification")
    #expect(uneven.step.nodeCount == even.step.nodeCount)
  }

  @Test func aSendIsAsSlowAsItsSlowerEnd() throws {
    let model = try ModelConfiguration(name: "plain", layers: 4, hidden: 64, heads: 4, ffn: 256)
    let plan = try ParallelPlan(pp: 4, microBatches: 4, batch: 4, sequence: 128)
    let (fast, slow) = (SpecificationRoofline(networkBandwidth: 25e9), SpecificationRoofline(networkBandwidth: 5e9))
    let options = StepOptions(work: .training, schedule: .oneForwardOneBackward)
    let step = try StepGraph(
      model: model, plan: plan, options: options,
      devices: StageDevices([fast, slow], ofStage: [0, 0, 1, 0]))
    let bytes = 2.0 * 128 * 64
    for node in 0..<step.nodeCount where step.operation(of: node).role == .sendStage {
      let forward = step.operation(of: node).phase == .forward
      let ends = [step.stage(of: node), step.stage(of: node) + (forward ? 1 : -1)]
      // A node has 8 GPUs, so that the four stages share it.
      #expect(step.prediction(of: node).seconds == bytes / 300e9)
      #expect(ends.allSatisfy { (0..<4).contains($0) })
    }
    let apart = try StepGraph(
      model: model, plan: plan.with(gpusPerNode: 1), options: options,
      devices: StageDevices([fast, slow], ofStage: [0, 0, 1, 0]))
    for node in 0..<apart.nodeCount where apart.operation(of: node).role == .sendStage {
      let forward = apart.operation(of: node).phase == .forward
      let ends = [apart.stage(of: node), apart.stage(of: node) + (forward ? 1 : -1)]
      #expect(apart.prediction(of: node).seconds == bytes / (ends.contains(2) ? 5e9 : 25e9))
    }
  }

  @Test func everyStageNeedsADevice() throws {
    let time = SpecificationRoofline()
    #expect(throws: ModelError.self) { try StageDevices([time], ofStage: []) }
    #expect(throws: ModelError.self) { try StageDevices([time], ofStage: [1]) }
    let plan = try ParallelPlan.reference.with(pp: 2)
    #expect(throws: ModelError.self) {
      try StepEstimate(model: .reference, plan: plan, devices: StageDevices([time], ofStage: [0, 0, 0]))
    }
  }
}
