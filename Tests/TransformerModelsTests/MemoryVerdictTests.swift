import GEMMTiming
import ModelFiles
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct MemoryVerdictTests {
  private func fits(_ model: ModelConfiguration, _ plan: ParallelPlan, _ options: StepOptions, _ capacity: Double)
    -> Bool
  {
    guard let worst = try? MemoryEstimate.worst(model: model, plan: plan, options: options) else { return false }
    return worst.total <= capacity
  }

  /// Every smaller batch tried, with the plan's number of micro-batches and else with one sequence each.
  private func bruteForce(
    _ model: ModelConfiguration, _ plan: ParallelPlan, _ options: StepOptions, _ capacity: Double
  ) throws -> Int? {
    for size in (0..<plan.microBatchSize).reversed() where size > 0 {
      let smaller = try plan.with(batch: size * plan.microBatches * plan.dp)
      if fits(model, smaller, options, capacity) { return smaller.batch }
    }
    for count in (0..<plan.microBatches).reversed() where count > 0 {
      guard let smaller = try? plan.with(microBatches: count, batch: count * plan.dp) else { continue }
      if fits(model, smaller, options, capacity) { return smaller.batch }
    }
    return nil
  }

  @Test func theLargestBatchIsThatOfTryingAll() throws {
    let model = try ModelConfiguration(
      name: "m", layers: 4, hidden: 256, heads: 8, keyValueHeads: 2, ffn: 1024, vocabulary: 1000)
    let works: [(StepOptions, pp: Int)] = [
      (StepOptions(work: .decode, attention: .fused), 1), (StepOptions(work: .prefill), 2),
      (StepOptions(work: .training, schedule: .oneForwardOneBackward), 2),
      (StepOptions(work: .training, schedule: .interleaved(chunks: 2)), 2), (StepOptions(work: .training), 1),
    ]
    for (options, pp) in works {
      for (batch, microBatches) in [(64, 1), (48, 4), (96, 24)] where options.chunks == 1 || microBatches > 1 {
        let plan = try ParallelPlan(pp: pp, dp: 2, microBatches: microBatches, batch: batch, sequence: 64)
        let full = try MemoryEstimate.worst(model: model, plan: plan, options: options).total
        for share in [0.02, 0.3, 0.5, 0.7, 0.9, 0.99, 1.01] {
          let verdict = try MemoryVerdict(model: model, plan: plan, options: options, capacity: share * full)
          let expected = verdict.fits ? nil : try bruteForce(model, plan, options, share * full)
          #expect(verdict.largestBatch?.batch == expected, "\(options.work) \(batch) \(microBatches) \(share)")
        }
      }
    }
  }

  /// A cache of 2·2·1024·8·128·80/8 bytes a sequence beside weights that leave room for a known number.
  @Test func theLargestBatchOfDecodingFollowsFromTheCache() throws {
    let model = try ModelConfiguration(named: "llama-3.1-70b")
    let options = StepOptions(work: .decode, attention: .fused)
    let plan = try ParallelPlan(tp: 8, batch: 256, sequence: 8193)
    let weights = try MemoryEstimate.worst(model: model, plan: plan, options: options)[.weights]
    let sequence = 2.0 * 2 * 8193 * 128 * 80
    let verdict = try MemoryVerdict(model: model, plan: plan, options: options, capacity: 80e9)
    let batch = try #require(verdict.largestBatch?.batch)
    #expect(!verdict.fits && abs(Double(batch) - (80e9 - weights) / sequence) < 2)
    #expect(verdict.largestBatch?.microBatches == 1)
  }
}

@Suite struct StepSizeTests {
  /// The estimate against graphs that are laid out.
  @Test func operationsAreThoseOfTheGraph() throws {
    let model = try ModelConfiguration(named: "llama-3.1-8b")
    for (work, pp, microBatches) in [(StepOptions.Work.training, 4, 16), (.prefill, 1, 4), (.decode, 2, 8)] {
      let plan = try ParallelPlan(pp: pp, microBatches: microBatches, batch: microBatches, sequence: 128)
      let options = StepOptions(
        work: work, attention: .fused, schedule: work == .training ? .oneForwardOneBackward : .gPipe)
      let size = try StepSize(model: model, plan: plan, options: options)
      let step = try StepGraph(model: model, plan: plan, options: options, timeModel: SpecificationRoofline())
      #expect(abs(size.operations / Double(step.nodeCount) - 1) < 0.05)
    }
  }

  @Test func whatNoGraphHoldsIsRefusedBeforeItIsBuilt() throws {
    let model = try ModelConfiguration(named: "llama-3.1-8b")
    let plan = try ParallelPlan(microBatches: 1 << 26, batch: 1 << 26, sequence: 1)
    #expect(throws: ModelError.tooLarge(name: "the number of the step's operations", limit: 2_147_483_647)) {
      try StepGraph(model: model, plan: plan, timeModel: SpecificationRoofline())
    }
  }
}
