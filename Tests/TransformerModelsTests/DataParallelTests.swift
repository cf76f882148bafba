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
