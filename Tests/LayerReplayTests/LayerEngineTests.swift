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
    weights: WeightLayout = .outIn, separatesProjections: Bool = false
  ) throws -> ReplayRequest {
    var options = StepOptions(work: work)
    options.separatesProjections = separatesProjections
    return try ReplayRequest(
      model: model, plan: try ParallelPlan(tp: tp, batch: batch, sequence: sequence, dtype: .fp32), options: options,
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

  private func naive(_ model: ModelConfiguration, _ request: ReplayRequest, visited: Int = 0) throws -> [[Double]] {
    try NaiveLayers(
      model: model, batch: request.batch, sequence: request.sequence, isDecoding: request.options.work == .decode,
      seed: request.seed, visited: visited
    ).output(layers: Self.layers)
  }

  @Test(arguments: [StepOptions.Work.forward, .prefill, .decode], WeightLayout.allCases)
  func everyKindOfLayerGivesWhatItsDefinitionSays(work: StepOptions.Work, weights: WeightLayout) throws {
    for model in [
      try TinyModels.gpt(), try TinyModels.gpt(.relu), try TinyModels.gpt(.silu), try TinyModels.gpt(.squaredReLU),
      try TinyModels.gpt(normalization: .gainLayerNorm), try TinyModels.llama(), try TinyModels.odd(),
      try TinyModels.partlyRotated(),
    ] {
      let request = try request(model, work: work, batch: 2, sequence: 12, weights: weights)
      let run = try RankRun(request, region: nil)
      #expect(run.pass(counts: true))
      try expectClose(
        stream(run), to: naive(model, request), "\(model.name) \(request.activation) \(request.normalization) \(work)")
      // A second pass begins with the same input.
      let first = stream(run)
      #expect(run.pass(counts: true))
      #expect(stream(run) == first)
    }
  }

  /// One product of queries, keys and values or three: the same numbers, and those of the definition.
  @Test(arguments: [StepOptions.Work.forward, .prefill, .decode], WeightLayout.allCases)
  func oneProductOfQueriesKeysAndValuesGivesWhatThreeGive(work: StepOptions.Work, weights: WeightLayout) throws {
    for model in [
      try TinyModels.gpt(), try TinyModels.llama(), try TinyModels.odd(), try TinyModels.partlyRotated(),
    ] {
      let fused = try request(model, work: work, batch: 3, sequence: 9, weights: weights)
      let separate = try request(
        model, work: work, batch: 3, sequence: 9, weights: weights, separatesProjections: true)
      let runs = [try RankRun(fused, region: nil), try RankRun(separate, region: nil)]
      for run in runs { #expect(run.pass(counts: true)) }
      #expect(runs[0].engine.steps.map(\.name).filter { $0.hasSuffix("_linear") } == ["qkv_linear"])
      #expect(
        runs[1].engine.steps.map(\.name).filter { $0.hasSuffix("_linear") } == ["q_linear", "k_linear", "v_linear"])
      let worst = zip(stream(runs[0]), stream(runs[1])).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst < 5e-5, "\(model.name) \(work): off by \(worst)")
      try expectClose(stream(runs[1]), to: naive(model, separate), "\(model.name) \(work), three products")
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
    try expectClose(stream(run), to: naive(model, request, visited: 4), "experts")
  }

  @Test func expertsOfASingleTokenAreThoseThatItTakes() throws {
    let model = try TinyModels.mixtral()
    let request = try request(model, work: .decode, batch: 1, sequence: 5)
    let run = try RankRun(request, region: nil)
    #expect(run.engine.sizes.experts?.visited == 2 && run.engine.sizes.experts?.rows == 1)
    #expect(run.pass(counts: true))
    try expectClose(stream(run), to: naive(model, request, visited: 2), "experts of one token")
  }

  /// Threads stand for the ranks' processes; more ranks than key-value heads share them.
  @Test(arguments: [StepOptions.Work.forward, .decode], [2, 4])
  func ranksTogetherGiveWhatOneGives(work: StepOptions.Work, tp: Int) throws {
    for model in [
      try TinyModels.gpt(), try TinyModels.llama(), try TinyModels.partlyRotated(), try TinyModels.mixtral(),
    ] {
      for weights in WeightLayout.allCases {
        for separates in [false, true] {
          // So that each choice of an expert has a row of its own.
          let batch = model.experts != nil && work == .decode ? 1 : 2
          let alone = try request(
            model, work: work, batch: batch, sequence: 12, weights: weights, separatesProjections: separates)
          var shared = alone
          shared.tp = tp
          let (found, visited) = try ranks(of: shared)
          #expect(found.count == tp)
          for rank in 1..<tp { #expect(found[rank] == found[0]) }
          let comment = "\(model.name), \(tp) ranks, \(weights), \(separates ? "three products" : "one product")"
          try expectClose(found[0] ?? [], to: naive(model, shared, visited: visited), comment)
          let one = try RankRun(alone, region: nil)
          #expect(one.pass(counts: true))
          expectClose(found[0] ?? [], to: [stream(one).map(Double.init)], comment + " against one rank")
        }
      }
    }
  }

  /// What the ranks of a request give, and how many experts each visited.
  private func ranks(of request: ReplayRequest) throws -> (outputs: [Int: [Float]], visited: Int) {
    let tokens = request.batch * (request.options.work == .decode ? 1 : request.sequence)
    let region = try SharedRegion(bytes: SumExchange.bytes(ranks: request.tp, floats: tokens * request.hidden))
    let outputs = Outputs()
    onThreads(request.tp) { rank in
      var own = request
      own.rank = rank
      guard let run = try? RankRun(own, region: region), run.pass(counts: true) else { return }
      outputs.put(stream(run), of: rank, visited: run.engine.sizes.experts?.visited ?? 0)
    }
    return outputs.all
  }

  @Test func everyOperationOfTheDAGIsTimedInItsOrder() throws {
    let model = try TinyModels.llama()
    let request = try request(model, work: .forward, batch: 1, sequence: 12)
    let run = try RankRun(request, region: nil)
    let layer = try request.layer().graph
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
    let model = try request.layer().model
    #expect(model.experts?.count == 4 && model.experts?.topK == 2)
    #expect(model.attention?.keyValueHeads == 2 && model.mlp?.isGated == true)
  }
}
