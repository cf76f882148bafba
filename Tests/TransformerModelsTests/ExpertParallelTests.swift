import GEMMTiming
import TaskGraphs
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct ExpertParallelTests {
  private let model: ModelConfiguration

  init() throws { model = try .mixtral8x7B }

  private func exchanges(_ operations: [LayerOperation], _ role: OperationRole) -> [Communication] {
    operations.filter { $0.role == role }.compactMap {
      if case .communication(let exchange) = $0.operation { exchange } else { nil }
    }
  }

  @Test func tokensGoToTheirExpertsAndBack() throws {
    for ep in [1, 2, 4, 8] {
      let plan = try ParallelPlan(tp: 2, dp: 8, ep: ep, batch: 8, sequence: 1001)
      let layer = try LayerGraph(model: model, plan: plan, options: StepOptions(work: .training))
      // 8/ep experts on each GPU, whose tokens come from ep micro-batches of 1001: 2·1001·ep/8 each, rounded up.
      let rows = (2 * 1001 * ep + 7) / 8
      let up = layer.forward.first { $0.role == .up }
      #expect(up?.shape == (try GEMMShape(m: rows, k: 4096, n: 14336, batch: 8 / ep)))
      let down = layer.forward.first { $0.role == .down }
      #expect(down?.shape == (try GEMMShape(m: rows, k: 7168, n: 4096, batch: 8 / ep)))
      let bytes = 2.0 * 2 * 1001 * 4096
      let expected =
        ep == 1 ? [] : [Communication(.allToAll, bytes: bytes, ranks: ep, nodes: max(1, 2 * ep / 8))]
      for operations in [layer.forward, layer.backward] {
        for role in [OperationRole.expertDispatch, .expertCombine] {
          #expect(exchanges(operations, role) == expected)
        }
      }
      // Router, two products of the experts: each has both gradients.
      for role in [OperationRole.router, .up, .down] {
        #expect(layer.backward.contains { $0.role == role && $0.phase == .inputGradient })
        #expect(layer.backward.contains { $0.role == role && $0.phase == .weightGradient })
      }
    }
  }

  /// Under sequence parallelism a rank routes its part of the sequence; the group gathers what has arrived.
  @Test func eachRankRoutesItsPartOfTheSequence() throws {
    let plan = try ParallelPlan(tp: 4, dp: 8, ep: 8, batch: 8, sequence: 1024)
    let options = StepOptions(work: .training, sequenceParallel: true)
    let layer = try LayerGraph(model: model, plan: plan, options: options)
    #expect(layer.forward.first { $0.role == .router }?.shape == (try GEMMShape(m: 256, k: 4096, n: 8)))
    #expect(layer.forward.first { $0.role == .up }?.shape == (try GEMMShape(m: 2048, k: 4096, n: 7168)))
    let part = 2.0 * 2 * 256 * 4096
    for operations in [layer.forward, layer.backward] {
      #expect(exchanges(operations, .expertDispatch).map(\.bytes) == [part])
      #expect(exchanges(operations, BranchRoles.mlp.gather).map(\.bytes) == [4 * part])
      #expect(exchanges(operations, BranchRoles.mlp.reduceScatter).map(\.bytes) == [4 * part])
    }
  }

  @Test func allRanksTogetherDoTheSameWork() throws {
    func flops(_ ep: Int) throws -> Double {
      let plan = try ParallelPlan(tp: 2, dp: 8, ep: ep, batch: 8, sequence: 1024)
      return try StepAnalysis.FlopsAudit(model: model, plan: plan).megatron
    }
    let whole = try flops(1)
    for ep in [2, 4, 8] { #expect(abs(try flops(ep) / whole - 1) < 1e-12) }
  }

  /// All experts once over the ranks of an expert-parallel group, everything else once on each of them.
  @Test func expertsAreSharedOut() throws {
    let options = StepOptions(work: .training)
    func weights(_ ep: Int) throws -> RankWeights {
      let plan = try ParallelPlan(tp: 2, pp: 2, dp: 8, ep: ep, batch: 8, sequence: 1024)
      return try ShardedModel(model: model, plan: plan, options: options).weights(ofStage: 0)
    }
    let experts = 16 * 8 * 3.0 * 4096 * 14336
    for ep in [2, 4, 8] {
      let (one, shared) = (try weights(1), try weights(ep))
      #expect(one.experts == 0)
      #expect(abs(shared.experts * Double(2 * ep) / experts - 1) < 1e-12)
      #expect(abs((one.common - experts / 2) / shared.common - 1) < 1e-12)
    }
  }

  @Test func memoryFallsByTheExpertsThatAreElsewhere() throws {
    for sharding in StepOptions.DataSharding.allCases {
      let options = StepOptions(work: .training, dataSharding: sharding)
      func estimate(_ ep: Int) throws -> MemoryEstimate {
        let plan = try ParallelPlan(dp: 8, ep: ep, batch: 8, sequence: 1024)
        return try MemoryEstimate(stage: 0, model: model, plan: plan, options: options)
      }
      let experts = 32 * 8 * 3.0 * 4096 * 14336
      let (one, shared) = (try estimate(1), try estimate(8))
      // ZeRO-3 divides all weights by dp whether experts are shared out or not.
      let expected = sharding == .weights ? 0 : 2 * experts * (1 - 1.0 / 8)
      #expect(abs(one[.weights] - shared[.weights] - expected) <= 1e-9 * one[.weights])
      if sharding == .optimizer { #expect(abs(one[.optimizer] / shared[.optimizer] - 1) < 1e-12) }
    }
  }

  @Test(arguments: StepOptions.DataSharding.allCases)
  func expertGradientsGoOverFewerReplicas(sharding: StepOptions.DataSharding) throws {
    let options = StepOptions(
      work: .training, schedule: .oneForwardOneBackward, dataSharding: sharding, overlapsGradients: true)
    let plan = try ParallelPlan(tp: 2, pp: 2, dp: 8, ep: 2, microBatches: 2, batch: 16, sequence: 512)
    let step = try StepGraph(model: model, plan: plan, options: options, timeModel: SpecificationRoofline())
    var ranks: [OperationRole: Set<Int>] = [:]
    var bytes: [OperationRole: Double] = [:]
    for node in 0..<step.nodeCount {
      let operation = step.operation(of: node)
      if case .communication(let exchange) = operation.operation {
        ranks[operation.role, default: []].insert(exchange.ranks)
        bytes[operation.role, default: 0] += exchange.bytes
      }
    }
    #expect(ranks[.gradientReduce] == [8] && ranks[.expertGradientReduce] == [4])
    if sharding != .none { #expect(ranks[.weightGather] == [8] && ranks[.expertWeightGather] == [4]) }
    if sharding.rawValue <= StepOptions.DataSharding.optimizer.rawValue {
      let experts = 4 * 32 * 8 * 3.0 * 4096 * 14336 / 4
      #expect(abs((bytes[.expertGradientReduce] ?? 0) / experts - 1) < 1e-12)
    }
    #expect(StepSchedule(step).makespan == Schedule(step.graph).makespan)
  }

  @Test func dispatchStandsOnItsOwnStream() throws {
    let plan = try ParallelPlan(dp: 8, ep: 8, batch: 8, sequence: 1024, gpusPerNode: 4)
    func estimate(_ ep: Int) throws -> (StepEstimate, StepAnalysis) {
      let time = SpecificationRoofline()
      let estimate = try StepEstimate(model: model, plan: plan.with(ep: ep), timeModel: time)
      return (estimate, try StepAnalysis(estimate, timeModel: time))
    }
    let (shared, analysis) = try estimate(8)
    let seconds = 2.0 * 2 * 1024 * 4096 / 25e9
    #expect(abs(analysis.chain[.expert] - 64 * seconds) < 1e-12)
    #expect(abs(analysis.chain.total / shared.schedule.makespan - 1) < 1e-9)
    #expect(shared.schedule.busy[0][Stream.expert.rawValue] > 0)
    #expect(try estimate(1).0.schedule.busy[0][Stream.expert.rawValue] == 0)
  }

  @Test func wrongDegreesAreNamed() throws {
    #expect(throws: ModelError.doesNotDivide(divisor: "ep", value: 3, dividend: "dp", of: 8)) {
      try ParallelPlan(dp: 8, ep: 3, batch: 8, sequence: 8)
    }
    #expect(throws: ModelError.doesNotDivide(divisor: "ep", value: 16, dividend: "experts", of: 8)) {
      try ParallelPlan(dp: 16, ep: 16, batch: 16, sequence: 8).validate(model)
    }
    #expect(throws: ModelError.self) {
      try ParallelPlan(dp: 2, ep: 2, batch: 2, sequence: 8).validate(.reference)
    }
    let notes = try ParallelPlan(batch: 1, sequence: 8).validate(model)
    #expect(notes.contains(.balancedExperts(count: 8, topK: 2)))
  }

}
