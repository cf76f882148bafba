import DataFiles
import Foundation
import ModelFiles
import Testing

@testable import TransformerModels

@Suite struct LightningAttentionTests {
  private static let config = """
    {"model_type": "minimax", "hidden_size": 6144, "intermediate_size": 9216, "num_hidden_layers": 80,
     "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 128, "num_local_experts": 32,
     "num_experts_per_tok": 2, "vocab_size": 200064, "max_position_embeddings": 10240000,
     "layer_types": [LAYERS]}
    """

  private func model() throws -> ModelConfiguration {
    let types = (0..<80).map { ($0 + 1).isMultiple(of: 8) ? "\"full_attention\"" : "\"linear_attention\"" }
    let text = Self.config.replacingOccurrences(of: "LAYERS", with: types.joined(separator: ", "))
    return try ModelConfiguration(huggingFace: JSONDocument(text: text, file: "config.json").root, name: "m")
  }

  /// MiniMax-01, arXiv 2501.08313: 456 billion parameters, of which a token passes 45.9 billion beside embedding and head.
  @Test func miniMaxHasItsPublishedSize() throws {
    let model = try model()
    #expect(abs(model.parameters / 456e9 - 1) < 0.002)
    let ends = 2 * 200_064 * 6144.0
    #expect(abs((model.activeParameters - ends) / 45.9e9 - 1) < 0.005)
    #expect(model.stack.counts == [70, 10])
  }

  /// Of one layer by hand: q, k, v and the gate, the output, and the norm behind the state.
  @Test func aLayersWeightsAreThoseOfItsProducts() throws {
    let block = try LightningAttention(heads: 4, headDimension: 8, chunk: 16)
    let layer = TransformerLayer([.init(block)])
    let weights = try LayerWeights(of: layer, hidden: 64, normalization: .rmsNorm)
    let byHand: Double = 64 * 3 * 32 + 64 * 32 + 32 * 64 + 32 + 64
    #expect(weights.parameters == byHand)
  }

  /// States are kept whatever the sequence is: 64 heads of 128 × 128 elements in fp32 in 70 layers.
  @Test func theStateDoesNotGrow() throws {
    func cache(_ sequence: Int) throws -> Double {
      let plan = try ParallelPlan(batch: 1, sequence: sequence)
      let estimate = try MemoryEstimate(
        stage: 0, model: model(), plan: plan, options: StepOptions(work: .decode, attention: .fused))
      return estimate[.cache]
    }
    let attention = 10.0 * 2 * 2 * 8 * 128
    let states: Double = 70 * 64 * 128 * 128 * 4
    #expect(try cache(1000) == states + 1000 * attention)
    #expect(try cache(9000) - cache(1000) == 8000 * attention)
  }

  @Test func bothGradientsOfItsProductsAreThere() throws {
    let plan = try ParallelPlan(tp: 4, batch: 1, sequence: 512)
    let options = StepOptions(work: .training, attention: .fused, sequenceParallel: true)
    let layer = try LayerGraph(model: model(), plan: plan, options: options)
    for role in [OperationRole.recurrenceIn, .lightningGate, .recurrenceOut] {
      #expect(layer.backward.contains { $0.role == role && $0.phase == .inputGradient })
      #expect(layer.backward.contains { $0.role == role && $0.phase == .weightGradient })
    }
  }
}
