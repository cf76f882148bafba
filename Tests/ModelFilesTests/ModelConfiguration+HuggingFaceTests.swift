import DataFiles
import ModelFiles
import Testing

@testable import TransformerModels

/// Built-in models and small files: their sizes, and errors that point at the value.
@Suite struct HuggingFaceFilesTests {
  @Test(arguments: [
    ("gpt3-175b", 174.6e9), ("megatron-22b", 22e9), ("turing-530b", 530e9), ("megatron-1t", 1008e9),
    ("llama-3.1-8b", 8.03e9), ("llama-3.1-70b", 70.6e9), ("llama-3.1-405b", 405.9e9), ("mixtral-8x7b", 46.7e9),
    ("qwen2.5-72b", 72.7e9), ("gpt2", 124.4e6),
  ])
  func builtInModelsHaveTheirPublishedSize(name: String, parameters: Double) throws {
    let model = try ModelConfiguration(named: name)
    #expect(abs(model.parameters / parameters - 1) < 0.005)
  }

  @Test func mixtralUsesAPartOfItsWeights() throws {
    let model = try ModelConfiguration(named: "mixtral-8x7b")
    #expect(abs(model.activeParameters / 12.9e9 - 1) < 0.005)
  }

  @Test func unknownNamesListWhatThereIs() {
    for name in ["gpt-5", "x"] {
      let error = #expect(throws: ModelError.self) { try ModelConfiguration(named: name) }
      guard case .unknownModel(name, _) = error else {
        Issue.record("\(name): \(String(describing: error))")
        continue
      }
      #expect(name != "x" || error?.description.contains("reference, gpt2, gpt3-175b") == true)
    }
    #expect(throws: ModelError.self) { try ModelConfiguration(named: "./no/such/config.json") }
  }

  private func read(_ text: String) throws -> ModelConfiguration {
    try ModelConfiguration(huggingFace: JSONDocument(text: text, file: "config.json").root, name: "config.json")
  }

  private static let llama = """
    {
      "architectures": ["LlamaForCausalLM"],
      "model_type": "llama",
      "hidden_size": 8192,
      "intermediate_size": 28672,
      "num_hidden_layers": 80,
      "num_attention_heads": 64,
      "num_key_value_heads": 8,
      "max_position_embeddings": 131072,
      "hidden_act": "silu",
      "tie_word_embeddings": false,
      "attention_bias": false,
      "vocab_size": 128256
    }
    """

  @Test func gpt2SpellingsAreRead() throws {
    let model = try read(
      """
      {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1024, "n_inner": null,
       "activation_function": "gelu_new", "vocab_size": 50257}
      """)
    #expect(model.ffn == 3072 && model.headDimension == 64 && model.tiedEmbeddings && model.ends.positionRows == 1024)
    // GPT-2 small: 124.4 million.
    #expect(abs(model.parameters / 124.44e6 - 1) < 0.001)
  }

  @Test(arguments: [
    ("\"num_hidden_layers\": 80", "\"num_hidden_layers\": 0", 6, "num_hidden_layers is 0"),
    ("\"num_hidden_layers\": 80", "\"num_hidden_layers\": \"many\"", 6, "whole number"),
    ("\"hidden_size\": 8192", "\"hidden_size\": 99999999999999999999999", 4, "whole number"),
    ("\"hidden_size\": 8192", "\"hidden_size\": 9000000000000000000", 4, "too large"),
    ("\"model_type\": \"llama\"", "\"model_type\": \"mamba\"", 3, "\"mamba\" is not known; one of "),
    ("\"hidden_act\": \"silu\"", "\"hidden_act\": \"snake\"", 10, "snake"),
    ("\"num_key_value_heads\": 8", "\"num_key_value_heads\": 7", 8, "keyValueHeads is 7"),
    ("\"num_attention_heads\": 64", "\"num_attention_heads\": 60", 7, "heads is 60 and does not divide hidden"),
    ("\"num_hidden_layers\": 80", "\"num_hidden_layers\": 100000", 6, "num_hidden_layers is 100000"),
    ("\"attention_bias\": false", "\"mlp_bias\": 1", 12, "mlp_bias is 1"),
    ("\"vocab_size\"", "\"vocabulary_size\"", 1, "vocab_size is missing"),
  ])
  func errorsPointAtTheValue(part: String, replacement: String, line: Int, words: String) throws {
    let text = Self.llama.split(separator: part, maxSplits: 1).joined(separator: replacement)
    do {
      _ = try read(text)
      Issue.record("read without an error")
    } catch let error as FileError {
      #expect(error.line == line && error.description.contains(words))
    } catch ModelError.file(let error) {
      #expect(error.line == line)
      #expect(error.column != nil)
      #expect(error.description.contains(words), "\(error)")
    }
  }
}
