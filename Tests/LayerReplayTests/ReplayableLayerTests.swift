import GEMMTiming
import Testing

@testable import LayerReplay
@testable import TransformerModels

/// What is not run is refused by name, and nothing is left out in silence.
@Suite struct ReplayableLayerTests {
  private typealias Branch = TransformerLayer.Branch

  private let attention: GroupedQueryAttention = {
    var attention = GroupedQueryAttention(heads: 4, keyValueHeads: 2, headDimension: 8)
    attention.rotated = 8
    return attention
  }()
  private let mlp = DenseMLP(width: 80, isGated: true, activation: .silu)

  private func attention(_ change: (inout GroupedQueryAttention) -> Void) -> TransformerLayer {
    var changed = attention
    change(&changed)
    return TransformerLayer(changed, mlp)
  }

  private func experts(_ change: (inout ExpertMLP) -> Void) -> TransformerLayer {
    var experts = ExpertMLP(count: 4, topK: 2, expert: mlp)
    change(&experts)
    return TransformerLayer(attention, experts)
  }

  private func request(
    _ layers: [TransformerLayer], sequence: Int = 12, options: StepOptions = StepOptions(),
    plan: (ParallelPlan) throws -> ParallelPlan = { $0 }
  ) throws -> ReplayRequest {
    let model = try ModelConfiguration(
      name: "made", hidden: 32, stack: LayerStack(layers), normalization: .rmsNorm, ends: ModelConfiguration.Ends())
    return try ReplayRequest(
      model: model, plan: plan(try ParallelPlan(batch: 2, sequence: sequence, dtype: .fp32)), options: options,
      layers: 1, weights: .outIn, seed: 1, budget: 1)
  }

  private func expectRefused(_ text: String, _ make: () throws -> ReplayRequest) {
    #expect {
      _ = try make()
    } throws: { error in
      guard case .notRun(let found) = error as? ReplayError else { return false }
      return found.contains(text) && !found.contains("\n")
    }
  }

  @Test func layersOfTheKnownBlocksAreTaken() throws {
    for layer in [
      TransformerLayer(attention, mlp), attention { $0.rotated = 0 }, attention { $0.rotated = 4 },
      attention { $0.hasSeparateProjections = true }, attention { ($0.hasBias, $0.hasOutputBias) = (true, true) },
      TransformerLayer(attention, DenseMLP(width: 80, isGated: false, activation: .squaredReLU)), experts { _ in },
    ] {
      for work in [StepOptions.Work.forward, .prefill, .decode] {
        let request = try request([layer, layer], options: StepOptions(work: work))
        #expect(try request.layer().graph.forward.allSatisfy { $0.replayed != nil })
      }
    }
  }

  @Test func aWindowThatTheSequenceDoesNotFillChangesNothing() throws {
    for work in [StepOptions.Work.forward, .prefill, .decode] {
      let options = StepOptions(work: work)
      for isChunked in [false, true] {
        let windowed = attention { ($0.window, $0.isChunked) = (12, isChunked) }
        #expect(
          try request([windowed], options: options) == request([TransformerLayer(attention, mlp)], options: options))
        expectRefused("of 12 tokens is not run here") { try request([windowed], sequence: 13, options: options) }
      }
    }
  }

  @Test func whatAttentionHasBesidesIsRefused() {
    expectRefused("attention sinks") { try request([attention { $0.hasSinks = true }]) }
    expectRefused("attn_softcap is not run here") { try request([attention { $0.isCapped = true }]) }
    expectRefused("attn_gate is not run here") { try request([attention { $0.isGated = true }]) }
    expectRefused("qk_norm is not run here") { try request([attention { $0.queryKeyNorm = 16 }]) }
    expectRefused("qk_norm is not run here") { try request([attention { $0.queryKeyNorm = 0 }]) }
  }

  @Test func otherMLPsAreRefused() {
    for activation in [DenseMLP.Activation.relu, .squaredReLU] {
      expectRefused("gated by \(activation.rawValue)") {
        try request([TransformerLayer(attention, DenseMLP(width: 80, isGated: true, activation: activation))])
      }
    }
    expectRefused("shared_mlp1 is not run here") { try request([experts { $0.shared = mlp }]) }
    expectRefused("mlp_latent_down is not run here") { try request([experts { $0.latentWidth = 16 }]) }
  }

  @Test func otherLayersAreRefused() {
    for norms in [TransformerLayer.Norms.after, .both] {
      expectRefused("post_ln1 is not run here") { try request([TransformerLayer(attention, mlp, norms: norms)]) }
    }
    expectRefused("is not run here as the model") { try request([TransformerLayer(attention, mlp, norms: .behindSum)]) }
    expectRefused("block_sum is not run here") { try request([TransformerLayer([Branch(attention, mlp)])]) }
    expectRefused("is not run here as the model") { try request([TransformerLayer(mlp, attention)]) }
    expectRefused("has no layers of attention and an MLP") { try request([TransformerLayer([Branch(mlp)])]) }
    expectRefused("has 2 kinds of layers") { try request([TransformerLayer(attention, mlp), experts { _ in }]) }
  }

  @Test func otherStepsAndPlansAreRefused() {
    let layers = [TransformerLayer(attention, mlp)]
    expectRefused("training") { try request(layers, options: StepOptions(work: .training)) }
    expectRefused("attn_fused is not run here") { try request(layers, options: StepOptions(attention: .fused)) }
    expectRefused("attn_allgather is not run here") {
      try request(layers, options: StepOptions(sequenceParallel: true))
    }
    for change: (ParallelPlan) throws -> ParallelPlan in [
      { try $0.with(dp: 2) }, { try $0.with(microBatches: 2) }, { try $0.with(dtype: .bf16) },
    ] {
      expectRefused("is not run here as the model and its plan have it") { try request(layers, plan: change) }
    }
    expectRefused("is not run here") {
      try request(layers, options: StepOptions(attention: .fused)) { try $0.with(cp: 2) }
    }
  }
}
