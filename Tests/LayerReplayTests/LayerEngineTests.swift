import GEMMTiming
import HostCalibration
import Synchronization
import TestSupport
import Testing
import TransformerModels

@testable import LayerReplay

/// What each rank's layers gave.
private final class Outputs: Sendable {
  private let values = Mutex<(outputs: [Int: [Float]], visited: Int)>(([:], 0))
  var all: (outputs: [Int: [Float]], visited: Int) { values.withLock { $0 } }
  func put(_ output: [Float], of rank: Int, visited: Int) {
    values.withLock {
      $0.outputs[rank] = output
      $0.visited = visited
    }
  }
}

/// The engine against layers by their definitions.
@Suite struct LayerEngineTests {
  private static let layers = 2

  private func request(
    _ model: ModelConfiguration, work: StepOptions.Work, batch: Int, sequence: Int, tp: Int = 1,
    weights: WeightLayout = .outIn
  ) throws -> ReplayRequest {
    ReplayRequest(
      model: model, plan: try ParallelPlan(tp: tp, batch: batch, sequence: sequence, dtype: .fp32), work: work,
      layers: Self.layers, weights: weights, seed: 11, budget: 1)
  }

  private func stream(_ run: RankRun) -> [Float] {
    let count = run.engine.sizes.tokens * run.engine.sizes.hidden
    return (0..<count).map { run.engine.buffers.stream[$0] }
  }

  private func expectClose(_ found: [Float], to expected: [[Double]], _ comment: String) {
    let expected = expected.flatMap(\.self)
    #expect(found.count == expected.count)
    let worst = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? .infinity
    #expect(worst < 1e-4, "\(comment): off by \(worst)")
  }

  private func naive(_ model: ModelConfiguration, _ request: ReplayRequest, visited: Int = 0) -> [[Double]] {
    NaiveLayers(
      model: model, batch: request.batch, sequence: request.sequence, isDecoding: request.options.work == .decode,
      seed: request.seed, visited: visited
    ).output(layers: Self.layers)
  }

  @Test(arguments: [StepOptions.Work.forward, .prefill, .decode], WeightLayout.allCases)
  func everyKindOfLayerGivesWhatItsDefinitionSays(work: StepOptions.Work, weights: WeightLayout) throws {
    for model in [
      try TinyModels.gpt(), try TinyModels.gpt(.relu), try TinyModels.gpt(.silu), try TinyModels.llama(),
      try TinyModels.odd(),
    ] {
      let request = try request(model, work: work, batch: 2, sequence: 12, weights: weights)
      let run = try RankRun(request, region: nil)
      #expect(run.pass(counts: true))
      expectClose(stream(run), to: naive(model, request), "\(model.name) \(model.activation) \(work)")
      // A second pass begins with the same input.
      let first = stream(run)
      #expect(run.pass(counts: true))
      #expect(stream(run) == first)
    }
  }

  @Test(arguments: WeightLayout.allCases) func expertsTakeTurns(weights: WeightLayout) throws {
    let model = try TinyModels.mixtral()
    let request = try request(model, work: .forward, batch: 2, sequence: 12, weights: weights)
    let run = try RankRun(request, region: nil)
    let experts = try #require(run.engine.sizes.experts)
    // All are visited, and each choice has a row of its own.
    #expect(experts.visited == 4 && experts.visited * experts.rows == 2 * 24)
    #expect(run.pass(counts: true))
    expectClose(stream(run), to: naive(model, request, visited: 4), "experts")
  }

  @Test func expertsOfASingleTokenAreThoseThatItTakes() throws {
    let model = try TinyModels.mixtral()
    let request = try request(model, work: .decode, batch: 1, sequence: 5)
    let run = try RankRun(request, region: nil)
    #expect(run.engine.sizes.experts?.visited == 2 && run.engine.sizes.experts?.rows == 1)
    #expect(run.pass(counts: true))
    expectClose(stream(run), to: naive(model, request, visited: 2), "experts of one token")
  }

  /// Threads stand for the ranks' processes; more ranks than key-value heads share them.
  @Test(arguments: [StepOptions.Work.forward, .decode], [2, 4])
  func ranksTogetherGiveWhatOneGives(work: StepOptions.Work, tp: Int) throws {
    for model in [try TinyModels.gpt(), try TinyModels.llama(), try TinyModels.mixtral()] {
      // So that each choice of an expert has a row of its own.
      let batch = model.experts != nil && work == .decode ? 1 : 2
      let request = try request(model, work: work, batch: batch, sequence: 12, tp: tp)
      let tokens = batch * (work == .decode ? 1 : 12)
      let region = try SharedRegion(bytes: SumExchange.bytes(ranks: tp, floats: tokens * model.hidden))
      let outputs = Outputs()
      onThreads(tp) { rank in
        var own = request
        own.rank = rank
        guard let run = try? RankRun(own, region: region), run.pass(counts: true) else { return }
        outputs.put(stream(run), of: rank, visited: run.engine.sizes.experts?.visited ?? 0)
      }
      let (found, visited) = outputs.all
      #expect(found.count == tp)
      for rank in 1..<tp { #expect(found[rank] == found[0]) }
      expectClose(
        found[0] ?? [], to: naive(model, request, visited: visited), "\(model.name), \(tp) ranks")
    }
  }

  @Test func everyOperationOfTheDAGIsTimedInItsOrder() throws {
    let model = try TinyModels.llama()
    let request = try request(model, work: .forward, batch: 1, sequence: 12)
    let run = try RankRun(request, region: nil)
    let (_, layer) = try request.layer()
    let costed = layer.forward.filter { $0.operation != .none }.map(\.name)
    #expect(run.engine.steps.map(\.name).filter(costed.contains) == costed)
    #expect(Set(run.engine.steps.map(\.name)).subtracting(costed) == ["attn_heads", "attn_gather"])
    #expect(run.measure(prepare: {}, report: { _ in }))
    let result = try #require(run.result(hardwareThreads: []))
    #expect(result.names == run.engine.steps.map(\.name) && result.operations.count == result.names.count)
    #expect(run.passes >= 1 && result.layer.count <= run.passes * Self.layers)
    #expect(result.operations.allSatisfy { $0.count == result.layer.count })
  }

  @Test func passesEndAtTheNumberThatIsAskedFor() throws {
    var request = try request(try TinyModels.gpt(), work: .forward, batch: 1, sequence: 4)
    (request.budget, request.passes) = (1e9, 5)
    let run = try RankRun(request, region: nil)
    #expect(run.measure(prepare: {}, report: { _ in }))
    #expect(run.passes == 5)
  }

  @Test func aRequestIsTheSameBehindAPipe() throws {
    let request = try request(try TinyModels.mixtral(), work: .decode, batch: 3, sequence: 7, weights: .inOut)
    #expect(ReplayRequest(line: request.line()) == request)
    #expect(!request.line().contains("\n"))
    #expect(ReplayRequest(line: "{}") == nil)
    let (model, _) = try request.layer()
    #expect(model.experts == .init(count: 4, topK: 2) && model.keyValueHeads == 2 && model.gated)
  }
}
