import GEMMTiming
import TaskGraphs
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct DataParallelTests {
  private func step(
    _ options: StepOptions, dp: Int = 4, pp: Int = 2, time: SpecificationRoofline = SpecificationRoofline()
  ) throws -> StepGraph {
    let model = try ModelConfiguration(
      name: "small", layers: 8, hidden: 2048, heads: 16, ffn: 8192, vocabulary: 50257)
    let plan = try ParallelPlan(tp: 2, pp: pp, dp: dp, microBatches: 4, batch: 4 * dp, sequence: 1024)
    return try StepGraph(model: model, plan: plan, options: options, timeModel: time)
  }

  private func bytes(_ step: StepGraph, _ kind: Communication.Kind, _ role: OperationRole) -> Double {
    (0..<step.nodeCount).reduce(0) { sum, node in
      let operation = step.operation(of: node)
      guard operation.role == role, case .communication(let exchange) = operation.operation, exchange.kind == kind
      else { return sum }
      return sum + exchange.bytes
    }
  }

  private static let schedules: [StepOptions.Schedule] = [
    .gPipe, .oneForwardOneBackward, .interleaved(chunks: 2), .zeroBubble,
  ]

  /// Overlapped or not, the same gradients are exchanged; overlapped, never later.
  @Test func overlapMovesTheSameGradients() throws {
    for schedule in Self.schedules {
      let late = try step(StepOptions(work: .training, schedule: schedule))
      let early = try step(StepOptions(work: .training, schedule: schedule, overlapsGradients: true))
      let all = bytes(late, .allReduce, .gradientReduce)
      #expect(abs(bytes(early, .allReduce, .gradientReduce) / all - 1) < 1e-12)
      #expect(StepSchedule(early).makespan < StepSchedule(late).makespan)
      #expect(StepSchedule(early).makespan == Schedule(early.graph).makespan)
    }
  }

  @Test func replicasExchangeWhatTheyShare() throws {
    func options(_ sharding: StepOptions.DataSharding) -> StepOptions {
      StepOptions(work: .training, schedule: .oneForwardOneBackward, dataSharding: sharding)
    }
    let none = try step(options(.none))
    let gradients = bytes(none, .allReduce, .gradientReduce)
    let states = try step(options(.optimizer))
    #expect(bytes(states, .reduceScatter, .gradientReduce) == gradients)
    // Weights are half as large as their gradients in fp32.
    #expect(bytes(states, .allGather, .weightGather) == gradients / 2)
    // Layers' gradients go in each of 4 micro-batches, those of embedding and head once.
    let scattered = bytes(try step(options(.gradients)), .reduceScatter, .gradientReduce)
    #expect(scattered > 3 * gradients * 0.5 && scattered < 4 * gradients)
    // Weights are gathered for each of 4 forward and 4 backward passes in 2 bytes, gradients scattered 4 times in 4.
    let gathered = bytes(try step(options(.weights)), .allGather, .weightGather)
    #expect(abs(gathered / (scattered - gradients) - 4.0 / 3) < 1e-9)
    #expect(bytes(try step(options(.weights), dp: 1), .allGather, .weightGather) == 0)
  }

  @Test func sharedStateShortensTheOptimizer() throws {
    func seconds(_ sharding: StepOptions.DataSharding) throws -> Double {
      let step = try step(StepOptions(work: .training, dataSharding: sharding))
      return step.durations { $0.operation.role == .optimizer ? $0.prediction.seconds : 0 }.max() ?? 0
    }
    #expect(abs(try seconds(.optimizer) / (try seconds(.none)) - 0.25) < 1e-12)
  }

  @Test func everyScheduleSolvesWithEverySharing() throws {
    for schedule in Self.schedules {
      for sharding in StepOptions.DataSharding.allCases {
        let step = try step(
          StepOptions(
            work: .training, schedule: schedule, recomputation: .full, dataSharding: sharding, overlapsGradients: true))
        let names = (0..<step.nodeCount).filter { step.cell(of: $0).microBatch == 0 }.map { step.name(of: $0) }
        #expect(Set(names).count == names.count)
        #expect(StepSchedule(step).makespan == Schedule(step.graph).makespan)
      }
    }
  }
}

@Suite struct GradientBucketTests {
  private func step(_ options: StepOptions, layers: Int = 8) throws -> StepEstimate {
    let model = try ModelConfiguration(name: "m", layers: layers, hidden: 1024, heads: 8, ffn: 4096, vocabulary: 4096)
    return try StepEstimate(
      model: model, plan: ParallelPlan(tp: 1, pp: 2, dp: 4, microBatches: 2, batch: 8, sequence: 128), options: options,
      timeModel: SpecificationRoofline(launch: 2e-6))
  }

  private func exchanges(_ estimate: StepEstimate, stage: Int) -> [Communication] {
    (0..<estimate.step.nodeCount).compactMap { node in
      guard estimate.step.stage(of: node) == stage, estimate.step.operation(of: node).role == .gradientReduce,
        case .communication(let exchange) = estimate.step.operation(of: node).operation
      else { return nil }
      return exchange
    }
  }

  @Test func bucketsHoldAllGradientsAndNoMoreThanTheirSize() throws {
    let parameters = 12.0 * 1024 * 1024 + 4.0 * 1024  // a layer without biases and with two layer norms
    for schedule in [StepOptions.Schedule.oneForwardOneBackward, .interleaved(chunks: 2)] {
      for size in [nil, 1e6, 30e6, 110e6, 1e9] {
        var options = StepOptions(
          work: .training, schedule: schedule, overlapsGradients: true, bucketSize: size)
        let bucketed = exchanges(try step(options), stage: 1)
        options.overlapsGradients = false
        let whole = exchanges(try step(options), stage: 1)
        let sum = bucketed.reduce(0) { $0 + $1.bytes }
        #expect(abs(sum / whole.reduce(0) { $0 + $1.bytes } - 1) < 1e-9)
        // The last exchange is of what is no layer.
        let layers = bucketed.dropLast()
        let chunks = schedule == .oneForwardOneBackward ? 1 : 2
        #expect(layers.allSatisfy { $0.bytes <= (size ?? .infinity) * (1 + 1e-9) })
        let perLayer = size.map { 4 * parameters / $0 } ?? 1
        let perPart = 4 / chunks
        let together = max(1, min(perPart, Int(1 / perLayer)))
        #expect(layers.count == chunks * ((perPart + together - 1) / together) * Int(max(1, perLayer.rounded(.up))))
      }
    }
  }

  @Test func bucketsThatNoStepCanHave() throws {
    for size in [0, -1, Double.nan, 10] {
      let options = StepOptions(work: .training, overlapsGradients: true, bucketSize: size)
      #expect(throws: ModelError.self) { try self.step(options) }
    }
  }

  @Test func momentumKeepsOneMomentLessThanAdam() throws {
    let model = try ModelConfiguration(name: "m", layers: 2, hidden: 1024, heads: 8, ffn: 4096)
    let plan = try ParallelPlan(batch: 1, sequence: 128)
    let state = try StepOptions.Optimizer.allCases.map { optimizer in
      try MemoryEstimate(
        stage: 0, model: model, plan: plan, options: StepOptions(work: .training, optimizer: optimizer))[.optimizer]
    }
    #expect(state == [12 * model.parameters, 8 * model.parameters])
  }

  @Test func aPrefillLeavesACacheAndNeedsOneTokensLogits() throws {
    let model = try ModelConfiguration(name: "m", layers: 4, hidden: 1024, heads: 8, ffn: 4096, vocabulary: 4096)
    let plan = try ParallelPlan(tp: 2, pp: 1, microBatches: 2, batch: 4, sequence: 128)
    func estimate(_ work: StepOptions.Work) throws -> StepEstimate {
      try StepEstimate(
        model: model, plan: plan, options: StepOptions(work: work), timeModel: SpecificationRoofline())
    }
    let (forward, prefill) = (try estimate(.forward), try estimate(.prefill))
    let heads = [forward, prefill].map { estimate in
      estimate.step.templates[0].operations.first { $0.operation.role == .head }?.operation.shape?.m
    }
    #expect(heads == [256, 2])
    #expect(prefill.schedule.makespan < forward.schedule.makespan)
    let cache = try MemoryEstimate(
      stage: 0, model: model, plan: plan, options: StepOptions(work: .prefill))[.cache]
    #expect(cache == 2 * 2 * 4 * 128 * 512 * 4)
  }
}
