import GEMMTiming
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct ExpertVisitsTests {
  /// The mean number of different experts over every way in which tokens can choose: all sets of `topK`, equally likely.
  private func bruteForce(count: Int, topK: Int, tokens: Int) -> Double {
    let choices = (0..<(1 << count)).filter { $0.nonzeroBitCount == topK }
    var unions = [0: 1.0]
    for _ in 0..<tokens {
      var next: [Int: Double] = [:]
      for (union, probability) in unions {
        for choice in choices { next[union | choice, default: 0] += probability / Double(choices.count) }
      }
      unions = next
    }
    return unions.reduce(0) { $0 + $1.value * Double($1.key.nonzeroBitCount) }
  }

  @Test func theExpectationIsThatOfAllChoices() {
    for (count, topK) in [(4, 1), (4, 2), (6, 2), (8, 2), (8, 3), (5, 5)] {
      for tokens in 1...6 {
        let expected = experts(count, topK: topK).expectedDistinct(tokens: tokens)
        #expect(abs(expected - bruteForce(count: count, topK: topK, tokens: tokens)) < 1e-9)
      }
    }
    #expect(experts(60, topK: 4).expectedDistinct(tokens: 1) == 4)
  }

  private func experts(_ count: Int, topK: Int) -> ExpertMLP {
    ExpertMLP(count: count, topK: topK, expert: DenseMLP(width: 8, isGated: true, activation: .silu))
  }

  private func model(experts: Int, topK: Int) throws -> ModelConfiguration {
    try ModelConfiguration(
      name: "m", layers: 2, hidden: 64, heads: 4, ffn: 128, vocabulary: 100, gated: true,
      experts: (experts, topK))
  }

  private func up(_ model: ModelConfiguration, batch: Int, dp: Int = 1) throws -> LayerOperation? {
    let plan = try ParallelPlan(dp: dp, ep: dp, batch: batch, sequence: 1000)
    return try LayerGraph(model: model, plan: plan, options: StepOptions(work: .decode)).forward
      .first { $0.role == .up }
  }

  @Test func oneTokenReadsItsOwnExperts() throws {
    let up = try up(model(experts: 16, topK: 2), batch: 1)
    #expect(up?.shape == (try GEMMShape(m: 1, k: 64, n: 256, batch: 2)) && up?.repeats == 1)
  }

  /// 3 tokens of 2 of 16 experts visit 16·(1 − (7/8)³) = 5.28125: 5 products whose time is spent 1.05625 times.
  @Test func fewTokensReadAFractionalNumber() throws {
    let up = try up(model(experts: 16, topK: 2), batch: 3)
    #expect(up?.shape?.batch == 5 && up?.shape?.m == 1)
    #expect(abs((up?.repeats ?? 0) - 1.05625) < 1e-12)
  }

  /// 4 tokens reach 8 experts of 4 GPUs: 8·(1 − (3/4)⁴)/4 = 1.3671875 of each GPU's 2.
  @Test func sharedExpertsAreVisitedByAllReplicas() throws {
    let up = try up(model(experts: 8, topK: 2), batch: 4, dp: 4)
    #expect(up?.shape?.batch == 1 && abs((up?.repeats ?? 0) - 1.367_187_5) < 1e-12)
  }

  /// The weights' traffic of a whole step: twice the tokens' worth less what they share.
  @Test func theStepReadsWhatIsVisited() throws {
    let model = try model(experts: 16, topK: 2)
    let time = SpecificationRoofline(flops: .infinity, bandwidth: 1e9, communicates: false)
    for (tokens, experts) in [(1, 2.0), (3, 5.28125), (4096, 16)] {
      let plan = try ParallelPlan(batch: tokens, sequence: 1000)
      let estimate = try StepEstimate(
        model: model, plan: plan, options: StepOptions(work: .decode), timeModel: time)
      let up = try #require(estimate.kinds[0].forward.first { $0.operation.role == .up })
      let rows = Double(up.operation.shape?.m ?? 0)
      let bytes = 2 * experts * (64 * 256 + rows * (64 + 256))
      #expect(abs(up.prediction.seconds * 1e9 / bytes - 1) < 1e-9)
    }
  }

  @Test func theVisitsAreNoted() throws {
    let model = try model(experts: 16, topK: 2)
    func notes(_ batch: Int) throws -> [PlanNote] {
      try ParallelPlan(batch: batch, sequence: 1000).validate(model, options: StepOptions(work: .decode))
    }
    let few = try notes(3).map(\.description).joined()
    #expect(few.contains("3 tokens of a micro-batch are expected to visit 5.28 of 16 experts"))
    #expect(try !notes(1000).map(\.description).joined().contains("expected to visit"))
  }
}
