import GEMMTiming
import ModelFiles
import TaskGraphs
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct TrainingStepTests {
  private func flops(_ operations: [LayerOperation], _ phases: Set<LayerOperation.Phase>) -> Double {
    operations.filter { phases.contains($0.phase) }.reduce(0) { $0 + $1.flops }
  }

  @Test func backwardHasTwoProductsForEachForwardOne() throws {
    for model in try ModelConfiguration.builtIn {
      let plan = try ParallelPlan(tp: 2, batch: 4, sequence: 64)
      let layer = try LayerGraph(model: model, plan: plan, options: StepOptions(work: .training))
      #expect(flops(layer.backward, [.inputGradient]) == layer.forwardFlops)
      #expect(flops(layer.backward, [.weightGradient]) == layer.forwardFlops)
      for gemm in layer.gemms {
        let shape = try #require(gemm.shape)
        let input = layer.backward.first { $0.role == gemm.role && $0.phase == .inputGradient }
        let weight = layer.backward.first { $0.role == gemm.role && $0.phase == .weightGradient }
        #expect(input?.shape == (try GEMMShape(m: shape.m, k: shape.n, n: shape.k, batch: shape.batch)))
        #expect(weight?.shape == (try GEMMShape(m: shape.k, k: shape.m, n: shape.n, batch: shape.batch)))
      }
    }
  }

  @Test func recomputationRepeatsWhatItNames() throws {
    let plan = try ParallelPlan(tp: 2, batch: 4, sequence: 64)
    func recomputed(_ kind: StepOptions.Recomputation) throws -> [LayerOperation] {
      let options = StepOptions(work: .training, recomputation: kind)
      return try LayerGraph(model: .reference, plan: plan, options: options).backward
        .filter { $0.phase == .recompute }
    }
    #expect(try recomputed(.none).isEmpty)
    #expect(try recomputed(.selective).map(\.role) == [.score, .softmax, .attentionOutput])
    let forward = try LayerGraph(model: .reference, plan: plan).forward
    #expect(try recomputed(.full).map(\.operation) == forward.map(\.operation))
  }

  @Test func backwardDependenciesPointBackwards() throws {
    let plan = try ParallelPlan(tp: 2, batch: 4, sequence: 64)
    for model in try ModelConfiguration.builtIn {
      for recomputation in StepOptions.Recomputation.allCases {
        for (attention, parallel) in [(StepOptions.Attention.unfused, false), (.fused, true)] {
          let options = StepOptions(
            work: .training, attention: attention, recomputation: recomputation, sequenceParallel: parallel)
          let layer = try LayerGraph(model: model, plan: plan, options: options)
          for (position, operation) in layer.backward.enumerated() {
            #expect(operation.dependencies.allSatisfy { $0 >= LayerOperation.entry && $0 < position })
          }
          // Nothing but gradients of weights may be left without a follower, but for the result.
          var followed = Set<Int>()
          for operation in layer.backward where !operation.isWeightGradient {
            followed.formUnion(operation.dependencies)
          }
          for (position, operation) in layer.backward.dropLast().enumerated() where !followed.contains(position) {
            #expect(operation.isWeightGradient || operation.phase == .recompute, "\(operation.name)")
          }
        }
      }
    }
  }

  /// With free exchanges and uniform stages the whole graph's bubble is that of the closed forms.
  @Test func stepHasItsClosedForm() throws {
    let model = try ModelConfiguration(name: "plain", layers: 12, hidden: 64, heads: 4, ffn: 256)
    let time = SpecificationRoofline(communicates: false)
    let schedules: [(StepOptions.Schedule, Double)] = [
      (.gPipe, 1), (.oneForwardOneBackward, 1), (.interleaved(chunks: 1), 1), (.interleaved(chunks: 3), 3),
    ]
    for (schedule, chunks) in schedules {
      for (pp, microBatches) in [(1, 1), (2, 2), (2, 6), (4, 4), (4, 12)] {
        let plan = try ParallelPlan(pp: pp, microBatches: microBatches, batch: microBatches, sequence: 128)
        let options = StepOptions(work: .training, schedule: schedule)
        let step = try StepGraph(model: model, plan: plan, options: options, timeModel: time)
        let solved = StepSchedule(step)
        let compute = Stream.compute.rawValue
        let update = step.durations { $0.operation.role == .optimizer ? $0.prediction.seconds : 0 }.max() ?? 0
        let work = solved.busy[0][compute] - update
        let bubble = (solved.makespan - update) / work - 1
        #expect(abs(bubble - Double(pp - 1) / (chunks * Double(microBatches))) < 1e-9)
      }
    }
  }

  @Test func zeroBubbleStepIsNotSlower() throws {
    let model = try ModelConfiguration(name: "plain", layers: 12, hidden: 64, heads: 4, ffn: 256)
    let time = SpecificationRoofline(communicates: false)
    for (pp, microBatches) in [(1, 1), (2, 2), (3, 5), (4, 4), (4, 12), (6, 3)] {
      let plan = try ParallelPlan(pp: pp, microBatches: microBatches, batch: microBatches, sequence: 128)
      func solve(_ schedule: StepOptions.Schedule) throws -> StepSchedule {
        StepSchedule(
          try StepGraph(
            model: model, plan: plan, options: StepOptions(work: .training, schedule: schedule), timeModel: time))
      }
      let (plain, split) = (try solve(.oneForwardOneBackward), try solve(.zeroBubble))
      #expect(split.makespan <= plain.makespan * (1 + 1e-12))
      // The same work, in another order.
      for stage in 0..<pp { #expect(abs(split.busy[stage][0] / plain.busy[stage][0] - 1) < 1e-9) }
      if pp > 1 { #expect(split.makespan < plain.makespan) }
    }
  }

  /// Splitting lays tensor-parallel exchanges bare; where that costs more than it brings, passes stay whole.
  @Test func zeroBubbleIsNeverSlowerWithExchanges() throws {
    let model = try ModelConfiguration(
      name: "small", layers: 8, hidden: 2048, heads: 16, ffn: 8192, vocabulary: 50257)
    var chosen: Set<StepOptions.Schedule> = []
    for (tp, pp, microBatches) in [(8, 2, 32), (8, 4, 4), (2, 8, 8), (1, 3, 7)] {
      for sequenceParallel in [false, true] {
        let plan = try ParallelPlan(tp: tp, pp: pp, microBatches: microBatches, batch: microBatches, sequence: 1024)
        func solve(_ schedule: StepOptions.Schedule) throws -> StepEstimate {
          try StepEstimate(
            model: model, plan: plan,
            options: StepOptions(work: .training, schedule: schedule, sequenceParallel: sequenceParallel),
            timeModel: SpecificationRoofline())
        }
        let split = try solve(.zeroBubble)
        #expect(split.schedule.makespan <= (try solve(.oneForwardOneBackward)).schedule.makespan)
        #expect(split.notes.contains(.wholeBackwardPasses) == (split.step.options.schedule != .zeroBubble))
        chosen.insert(split.step.options.schedule)
      }
    }
    #expect(chosen == [.zeroBubble, .oneForwardOneBackward])
  }

  /// Embedding and head, in both directions, stand on the end stages and nowhere else, and once a micro-batch.
  @Test func endsStandOnTheEndStages() throws {
    let model = try ModelConfiguration(
      name: "ends", layers: 6, hidden: 512, heads: 8, ffn: 2048, vocabulary: 32000, tiedEmbeddings: true)
    let plan = try ParallelPlan(tp: 2, pp: 3, dp: 2, microBatches: 6, batch: 12, sequence: 64)
    for schedule in [StepOptions.Schedule.gPipe, .oneForwardOneBackward, .interleaved(chunks: 2), .zeroBubble] {
      let options = StepOptions(work: .training, schedule: schedule)
      let step = try StepGraph(model: model, plan: plan, options: options, timeModel: SpecificationRoofline())
      var stages: [OperationRole: [Int]] = [:]
      for node in 0..<step.nodeCount { stages[step.operation(of: node).role, default: []].append(step.stage(of: node)) }
      #expect(stages[.embedding] == Array(repeating: 0, count: 2 * 6))
      #expect(stages[.head] == Array(repeating: 2, count: 3 * 6))
      #expect(stages[.loss] == Array(repeating: 2, count: 2 * 6))
      #expect(stages[.embeddingGradientReduce] == [0, 2])
      // The head makes the last stage slower than the one in the middle, which has as many layers.
      let solved = StepSchedule(step)
      #expect(solved.busy[2][Stream.compute.rawValue] > 1.1 * solved.busy[1][Stream.compute.rawValue])
    }
  }

  @Test func longestPathOnStreamsIsTheListSchedule() throws {
    let model = try ModelConfiguration.llama8B
    for schedule in [StepOptions.Schedule.gPipe, .oneForwardOneBackward, .interleaved(chunks: 2), .zeroBubble] {
      let plan = try ParallelPlan(tp: 4, pp: 4, dp: 2, microBatches: 4, batch: 8, sequence: 512)
      let options = StepOptions(work: .training, attention: .fused, schedule: schedule, recomputation: .full)
      let step = try StepGraph(
        model: model, plan: plan, options: options, timeModel: SpecificationRoofline(launch: 3e-6))
      let solved = StepSchedule(step)
      let list = Schedule(step.graph)
      #expect(solved.makespan == list.makespan)
      #expect(solved.path.earliestStart == list.start)
      let pass = try StepGraph(
        model: model, plan: plan, options: options, timeModel: SpecificationRoofline(launch: 3e-6),
        ordering: .dependencies, microBatches: 1)
      #expect(solved.makespan >= CriticalPath.length(of: pass.graph))
    }
  }

  @Test func exchangesOverlapOnlyWhereAllowed() throws {
    let plan = try ParallelPlan(tp: 8, pp: 2, microBatches: 4, batch: 4, sequence: 512)
    func makespan(_ overlaps: Bool) throws -> Double {
      let options = StepOptions(
        work: .training, schedule: .oneForwardOneBackward, overlapped: overlaps ? [.tensor, .pipeline, .data] : [])
      return StepSchedule(
        try StepGraph(model: .reference, plan: plan, options: options, timeModel: SpecificationRoofline())
      ).makespan
    }
    #expect(try makespan(true) < makespan(false))
  }

  @Test func namesStayUniqueWithinAMicroBatch() throws {
    let plan = try ParallelPlan(tp: 2, pp: 4, dp: 2, batch: 2, sequence: 64)
    let model = try ModelConfiguration(named: "megatron-22b")
    let options = StepOptions(
      work: .training, schedule: .zeroBubble, recomputation: .full, sequenceParallel: true)
    let graph = try StepGraph(model: model, plan: plan, options: options, timeModel: SpecificationRoofline())
    let names = (0..<graph.nodeCount).map { graph.name(of: $0) }
    #expect(Set(names).count == names.count)
    #expect(names.contains("layer47_mlp2_wgrad") && names.contains("optimizer_stage3"))
    #expect(names.contains("send_stage3_to_stage2") && names.contains("receive_stage0_backward"))
  }
}
