import GEMMTiming
import ModelFiles
import Testing

@testable import TransformerModels

/// The largest batch, the longest context and the most tokens that fit.
@Suite struct MemoryRoomTests {
  private let decode = StepOptions(work: .decode, attention: .fused)

  private func model(window: Int? = nil) throws -> ModelConfiguration {
    var attention = try GroupedQueryAttention(hidden: 256, heads: 8, keyValueHeads: 2, headDimension: 32)
    attention.window = window
    let mlp = try DenseMLP(checked: 1024, isGated: false, activation: .gelu, hasBias: false)
    return try ModelConfiguration(
      name: "m", hidden: 256, stack: LayerStack(TransformerLayer(attention, mlp), count: 4), normalization: .layerNorm,
      ends: ModelConfiguration.Ends())
  }

  private func room(
    _ model: ModelConfiguration, _ plan: ParallelPlan, _ options: StepOptions, _ capacity: Double
  ) throws -> MemoryVerdict.Room {
    try #require(try MemoryVerdict(model: model, plan: plan, options: options, capacity: capacity).room)
  }

  /// A token's keys and values take 2·32·8·128 elements of 2 bytes.
  @Test func tokensFillWhatWeightsLeave() throws {
    let model = try ModelConfiguration(named: "llama-3.1-8b")
    let plan = try ParallelPlan(batch: 64, sequence: 8192)
    let verdict = try MemoryVerdict(model: model, plan: plan, options: decode, capacity: 80e9)
    let others = 2 * model.parameters + verdict.worst[.residualStream] + verdict.worst[.activations]
    let tokens = (80e9 - verdict.reserve.total - others) / (2 * 2 * 32 * 8 * 128)
    let room = try #require(verdict.room)
    #expect(abs(Double(try #require(room.tokens)) - tokens) <= 1)
    let batch = try #require(room.batch)
    #expect(abs(Double(batch.count) - tokens / 8192) < 1 && !batch.isOpen)
    let context = try #require(room.context)
    #expect(context.count == Int(tokens / 64) && !context.isOpen)
  }

  /// Every batch and every context tried, with the reserve of each.
  @Test func halvingFindsWhatTryingAllDoes() throws {
    let model = try model()
    for options in [decode, StepOptions(work: .prefill), StepOptions(work: .prefill, attention: .fused)] {
      let plan = try ParallelPlan(tp: 2, pp: 2, dp: 2, microBatches: 2, batch: 8, sequence: 48)
      func fits(_ plan: ParallelPlan, _ capacity: Double) throws -> Bool {
        let worst = try MemoryEstimate.worst(model: model, plan: plan, options: options)
        return worst.total + RuntimeReserve(beside: worst, plan: plan, options: options).total <= capacity
      }
      let full = try MemoryVerdict(model: model, plan: plan, options: options, capacity: 0).neededWithReserve
      for extra in [-1e6, -1e3, 0, 1e5, 1e6] {
        let room = try room(model, plan, options, full + extra)
        let batch = try (1...200).last { try fits(plan.with(batch: 4 * $0), full + extra) }
        #expect(batch == nil || room.batch?.count == batch.map { 4 * $0 }, "\(options.work) \(extra)")
        let context = try (1...2000).last { try fits(plan.with(sequence: $0), full + extra) }
        #expect(room.context?.count == context, "\(options.work) \(extra)")
      }
    }
  }

  @Test func windowsLeaveTheContextOpen() throws {
    let model = try model(window: 64)
    let plan = try ParallelPlan(batch: 4, sequence: 32)
    let short = try room(model, plan, decode, 2e9)
    #expect(short.context == MemoryVerdict.Room.Most(count: 1 << 26, isOpen: true))
    // Of a context beyond the window only the window is kept, so that as many sequences fit.
    let batches = try [64, 128, 1 << 20].map { try room(model, plan.with(sequence: $0), decode, 2e9).batch?.count }
    #expect(Set(batches).count == 1 && batches[0] != nil)
    let tokens = try [64, 128].compactMap { try room(model, plan.with(sequence: $0), decode, 2e9).tokens }
    #expect(tokens.count == 2 && abs(tokens[1] - 2 * tokens[0]) <= 2)
  }

  @Test func moreMemoryHoldsNoLess() throws {
    let model = try ModelConfiguration(named: "llama-3.1-8b")
    let plan = try ParallelPlan(tp: 2, batch: 8, sequence: 2048)
    for options in [decode, StepOptions(work: .prefill)] {
      var (batch, context, tokens) = (0, 0, 0)
      for gigabytes in stride(from: 0.0, through: 160, by: 8) {
        let room = try room(model, plan, options, gigabytes * 1e9)
        let found = (room.batch?.count ?? 0, room.context?.count ?? 0, room.tokens ?? 0)
        #expect(found.0 >= batch && found.1 >= context && found.2 >= tokens)
        (batch, context, tokens) = found
      }
      #expect(batch > 0 && context > 0 && tokens > 0)
    }
  }

  @Test func whatDoesNotFitHasNoRoom() throws {
    let model = try ModelConfiguration(named: "llama-3.1-70b")
    let none = try room(model, ParallelPlan(batch: 1, sequence: 8192), decode, 80e9)
    #expect(none.batch == nil && none.context == nil && none.tokens == 0)
    let training = try MemoryVerdict(
      model: .reference, plan: .reference, options: StepOptions(work: .training), capacity: 80e9)
    #expect(training.room == nil && !training.kept.isEmpty)
  }
}
