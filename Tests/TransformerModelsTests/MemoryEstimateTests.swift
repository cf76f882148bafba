import GEMMTiming
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
