import GEMMTiming
import ModelFiles
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct MemoryEstimateTests {
  @Test func theDocumentsOwnRunDoesNotFit() throws {
    let verdict = try MemoryVerdict(model: .reference, plan: .reference, capacity: 80e9)
    #expect(verdict.worst[.scores] == 409.6e9)
    #expect(abs(verdict.worst[.residualStream] - 167.8e9) < 0.05e9)
    #expect(!verdict.fits)
    let without = try #require(verdict.withoutTensorParallelism)
    #expect(without[.scores] == 8 * 409.6e9)
    let fit = try #require(verdict.smallestFit)
    #expect(fit.worst.total <= 80e9)
    // Every smaller number of micro-batches that divides the batch is too few.
    for count in MemoryVerdict.divisors(of: 1024) where count < fit.microBatches {
      let plan = try ParallelPlan.reference.with(microBatches: count)
      #expect(try MemoryEstimate.worst(model: .reference, plan: plan).total > 80e9)
    }
  }

  @Test func fusedAttentionKeepsNoScores() throws {
    let estimate = try MemoryEstimate.worst(
      model: .reference, plan: .reference, options: StepOptions(attention: .fused))
    #expect(estimate[.scores] == 0)
  }

  @Test func weightsOfAllStagesAreTheModels() throws {
    for name in ["gpt3-175b", "llama-3.1-8b", "mixtral-8x7b"] {
      let model = try ModelConfiguration(named: name)
      let plan = try ParallelPlan(pp: 3, microBatches: 3, batch: 3, sequence: 16)
      let bytes = try (0..<3).reduce(0.0) { try $0 + MemoryEstimate(stage: $1, model: model, plan: plan)[.weights] }
      let secondCopy = model.tiedEmbeddings ? Double(model.vocabulary ?? 0) * Double(model.hidden) : 0
      #expect(abs(bytes / 2 / (model.parameters + secondCopy) - 1) < 1e-12)
    }
  }

  @Test func nothingFitsInNothing() throws {
    let verdict = try MemoryVerdict(model: .reference, plan: .reference, capacity: 0)
    #expect(!verdict.fits && verdict.smallestFit == nil)
  }

  @Test func divisorsAreAllOfThem() {
    for number in 1...300 {
      #expect(MemoryVerdict.divisors(of: number) == (1...number).filter { number.isMultiple(of: $0) })
    }
  }
}

@Suite struct TrainingMemoryTests {
  private static let published: [(name: String, pp: Int, chunks: Int, batch: Int)] = [
    ("megatron-22b", 1, 1, 4), ("gpt3-175b", 8, 3, 1), ("turing-530b", 35, 3, 1), ("megatron-1t", 64, 1, 1),
  ]

  /// Equations 2, 4 and 6 of Korthikanti et al., arXiv 2205.05198, for one layer.
  @Test func activationsFollowThePublishedFormulas() throws {
    for (name, pp, _, microBatch) in Self.published {
      let model = try ModelConfiguration(named: name)
      let tp = 8.0
      let plan = try ParallelPlan(tp: 8, pp: pp, microBatches: 1, batch: microBatch, sequence: 2048)
      let (s, b, h) = (2048.0, Double(microBatch), Double(model.hidden))
      let scores = 5 * Double(model.heads) * s / h
      func bytes(_ recomputation: StepOptions.Recomputation, _ sequenceParallel: Bool) throws -> Double {
        let options = StepOptions(
          work: .training, recomputation: recomputation, sequenceParallel: sequenceParallel)
        return try LayerGraph(model: model, plan: plan, options: options).kept.total
      }
      let expected: [(Double, Double)] = [
        (try bytes(.none, false), s * b * h * (10 + 24 / tp + scores / tp)),
        (try bytes(.none, true), s * b * h / tp * (34 + scores)),
        (try bytes(.selective, false), s * b * h * (10 + 24 / tp)),
        (try bytes(.selective, true), s * b * h / tp * 34),
        (try bytes(.full, false), 2 * s * b * h),
      ]
      for (value, formula) in expected { #expect(abs(value / formula - 1) < 1e-12) }
    }
  }

  @Test func weightsAndOptimizerTakeEighteenBytesAParameter() throws {
    for (name, pp, chunks, batch) in Self.published {
      let model = try ModelConfiguration(named: name)
      let plan = try ParallelPlan(tp: 8, pp: pp, microBatches: pp, batch: pp * batch, sequence: 2048)
      let options = StepOptions(
        work: .training, schedule: chunks > 1 ? .interleaved(chunks: chunks) : .oneForwardOneBackward)
      let bytes = try (0..<pp).reduce(0.0) {
        let estimate = try MemoryEstimate(stage: $1, model: model, plan: plan, options: options)
        return $0 + estimate[.weights] + estimate[.gradients] + estimate[.optimizer]
      }
      #expect(abs(8 * bytes / (18 * model.parameters) - 1) < 0.03)
    }
  }

  @Test func replicasShareWhatZeROSays() throws {
    let model = try ModelConfiguration(named: "llama-3.1-8b")
    let plan = try ParallelPlan(dp: 4, batch: 4, sequence: 1024)
    func estimate(_ sharding: StepOptions.DataSharding) throws -> MemoryEstimate {
      try MemoryEstimate.worst(
        model: model, plan: plan, options: StepOptions(work: .training, dataSharding: sharding))
    }
    let whole = try estimate(.none)
    #expect(try estimate(.optimizer)[.optimizer] == whole[.optimizer] / 4)
    #expect(try estimate(.optimizer)[.gradients] == whole[.gradients])
    #expect(try estimate(.gradients)[.gradients] == whole[.gradients] / 4)
    #expect(try estimate(.weights)[.weights] == whole[.weights] / 4)
  }

  @Test func timelinePeaksAsTheVerdictSays() throws {
    let model = try ModelConfiguration(named: "gpt3-175b")
    let schedules: [StepOptions.Schedule] = [.gPipe, .oneForwardOneBackward, .interleaved(chunks: 3), .zeroBubble]
    for schedule in schedules {
      let plan = try ParallelPlan(tp: 8, pp: 4, microBatches: 8, batch: 8, sequence: 512)
      let options = StepOptions(
        work: .training, schedule: schedule, recomputation: .selective, sequenceParallel: true)
      let estimate = try StepEstimate(
        model: model, plan: plan, options: options, timeModel: SpecificationRoofline())
      for stage in 0..<4 {
        let timeline = try MemoryTimeline(estimate, stage: stage)
        let memory = try MemoryEstimate(stage: stage, model: model, plan: plan, options: options)
        #expect(abs((timeline.peak?.bytes ?? 0) / memory.total - 1) < 1e-12)
        #expect(timeline.points.map(\.seconds) == timeline.points.map(\.seconds).sorted())
        #expect(abs((timeline.points.last?.bytes ?? 0) / timeline.persistent - 1) < 1e-9)
      }
    }
  }

  @Test func remediesAreConfirmed() throws {
    let model = try ModelConfiguration(named: "gpt3-175b")
    let plan = try ParallelPlan(tp: 8, pp: 8, dp: 2, microBatches: 8, batch: 128, sequence: 2048)
    let options = StepOptions(work: .training, schedule: .oneForwardOneBackward)
    let verdict = try MemoryVerdict(model: model, plan: plan, options: options, capacity: 80e9)
    #expect(!verdict.fits && !verdict.remedies.isEmpty)
    for remedy in verdict.remedies { #expect(remedy.worst.total <= 80e9) }
    #expect(verdict.remedies.map(\.changes.count).max() == verdict.remedies.map(\.changes.count).min())
  }
}
