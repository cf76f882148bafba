internal import TransformerModels

/// How the classes of one family of models read their `config.json`.
///
/// Keys mean what the family's configuration and model classes in transformers do with them, and so do defaults of keys
/// that are absent (`src/transformers/models/*/configuration_*.py` and `modeling_*.py`, version 5).
struct HuggingFaceFamily: Sendable {
  /// The values of `model_type` that are read so.
  let types: [String]
  /// The class of the family's language model.
  let architecture: String
  /// How the family spells what all models have.
  var sizes = HuggingFaceSizes()
  /// Keys that change neither shapes nor the number of operations in this family, beside those of every family.
  var harmless: Set<String> = []
  /// Reads the model behind its width.
  let read: @Sendable (inout HuggingFaceReader) throws -> HuggingFaceModel

  /// Every family; a new one is added here.
  static let all: [HuggingFaceFamily] = [
    gpt2, gptBigCode, gptJ, neoX, opt, bloom, mpt, falcon, llama, llama4, internLM2, mistral, mixtral, qwen2, qwen3,
    qwen2MoE, qwen3MoE, gemma, gemma2, gemma3, phi, phi3, starCoder2, stableLM, cohere, cohere2, olmo2, granite,
    nemotron, glm4,
    glm4MoE, gptOSS, miniMax, miniMaxM2, dbrx, deepSeek2, deepSeek3, qwen3Next, nemotronH,
  ]

  /// The family of a `model_type`; nil when there is none.
  static func of(type: String) -> HuggingFaceFamily? { all.first { $0.types.contains(type) } }

  /// The names of all types, for messages.
  static var list: String { all.flatMap(\.types).sorted().joined(separator: ", ") }
}

/// What a family reads.
struct HuggingFaceModel {
  let stack: LayerStack
  let normalization: ModelConfiguration.Normalization
  var ends: ModelConfiguration.Ends
  var maximumPositions: Int?
  var dropout = false
}
