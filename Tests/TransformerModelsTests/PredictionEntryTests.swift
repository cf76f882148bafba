import DataFiles
import GEMMTiming
import ModelFiles
import TestSupport
import Testing

@testable import TransformerModels

@Suite struct PredictionEntryTests {
  /// DeepSeek-V3's own sizes; its README gives the prediction layer 11.5 billion parameters beside embedding and head.
  private static let deepSeek = """
    {"model_type": "deepseek_v3", "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048,
     "num_hidden_layers": 61, "num_attention_heads": 128, "num_key_value_heads": 128, "q_lora_rank": 1536,
     "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
     "n_routed_experts": 256, "num_experts_per_tok": 8, "n_shared_experts": 1, "first_k_dense_replace": 3,
     "num_nextn_predict_layers": 1, "vocab_size": 129280, "max_position_embeddings": 163840}
    """

  private func model() throws -> ModelConfiguration {
    try ModelConfiguration(huggingFace: JSONDocument(text: Self.deepSeek, file: "config.json").root, name: "m")
  }

  @Test func aPredictionLayerHasItsPublishedSize() throws {
    let (plain, more) = (try model(), try model().with(predictionLayers: 1))
    #expect(abs((more.parameters - plain.parameters) / 11.5e9 - 1) < 0.01)
    #expect(more.layers == 62 && more.stack.counts == [3, 58, 1])
    #expect(plain.notes.description.contains("num_nextn_predict_layers"))
    #expect(!more.notes.description.contains("num_nextn_predict_layers"))
    #expect(try model().with(predictionLayers: 0) == plain)
    #expect(throws: ModelError.self) { try ModelConfiguration.reference.with(predictionLayers: 1) }
  }

  /// Each prediction passes the head again, forward and backward.
  @Test func theHeadIsPassedAgain() throws {
    let plan = try ParallelPlan(tp: 8, pp: 2, dp: 1, ep: 1, batch: 2, sequence: 64)
    let options = StepOptions(work: .training, attention: .fused, schedule: .oneForwardOneBackward)
    for count in [0, 1, 2] {
      let step = try StepGraph(
        model: model().with(predictionLayers: count), plan: plan, options: options,
        timeModel: SpecificationRoofline())
      let heads = (0..<step.nodeCount).map { step.operation(of: $0) }.filter { $0.role == .head }
      #expect(heads.count == 3 * (1 + count))
      #expect(heads.filter { $0.phase == .forward }.count == 1 + count)
    }
  }
}
