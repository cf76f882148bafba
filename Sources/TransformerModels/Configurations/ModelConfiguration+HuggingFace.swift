public import DataFiles

extension ModelConfiguration {
  /// Reads the `config.json` that Hugging Face's transformers library writes beside a model.
  ///
  /// - Parameter path: the file; the model is named after `_name_or_path` in it, else after the file.
  /// - Throws: ``ModelError/file(_:)`` with line and column for a missing key, a value of another type or out of
  ///   range, and a `model_type` that is not known: a guess could be wrong in silence.
  public init(huggingFace path: String) throws(ModelError) {
    let document: JSONDocument
    do { document = try JSONDocument(contentsOf: path) } catch { throw .file(error) }
    try self.init(huggingFace: document.root, name: path)
  }

  /// Reads the root object of a `config.json`; `name` is the model's unless the object has one.
  public init(huggingFace root: JSONValue, name: String) throws(ModelError) {
    do {
      try self.init(root: root, name: name)
    } catch let error as FileError {
      throw .file(error)
    } catch let error as ModelError {
      // Sizes are legal one by one; what is left is a relation between them: the value that should fit is pointed at.
      throw .file((HuggingFaceFamily.culprit(of: error, in: root) ?? root).error(error.description))
    } catch {
      throw .file(root.error("cannot be read: \(error)"))
    }
  }

  private init(root: JSONValue, name: String) throws {
    let typeValue = try root.required("model_type")
    let type = try typeValue.string()
    guard let family = HuggingFaceFamily.all[type] else {
      throw typeValue.error(
        "model_type \(type) is not known",
        remedy: "one of \(HuggingFaceFamily.all.keys.sorted().joined(separator: ", ")) is expected")
    }
    let keys = family.keys
    let hidden = try root.extent(keys.hidden)
    let heads = try root.extent(keys.heads)
    var experts: Experts?
    if let count = try root.optionalExtent("num_local_experts") ?? root.optionalExtent("num_experts"), family.experts {
      experts = Experts(count: count, topK: try root.extent("num_experts_per_tok"))
    }
    let usualFFN = family.ffnIsFourTimesHidden && root[keys.ffn] == nil
    let ffn = usualFFN ? 4 * hidden : try root.extent(keys.ffn)
    var activation = family.activation
    if let value = root[keys.activation] {
      guard let known = Activation(huggingFace: try value.string()) else {
        throw value.error("activation \(try value.string()) is not known", remedy: "gelu, relu or silu is expected")
      }
      activation = known
    }
    var biases = family.biases
    if let value = root["attention_bias"], try value.bool(), biases == .none { biases = .queryKeyValue }
    if let value = root["mlp_bias"], try value.bool(), biases != .all {
      guard biases == .queryKeyValue else {
        throw value.error("mlp_bias is true", remedy: "it is expected with attention_bias only")
      }
      biases = .all
    }
    let given = try root["_name_or_path"]?.string()
    try self.init(
      name: given.flatMap { $0.isEmpty ? nil : $0 } ?? name, layers: try root.extent(keys.layers), hidden: hidden,
      heads: heads, keyValueHeads: try root.optionalExtent("num_key_value_heads"),
      headDimension: try root.optionalExtent("head_dim"), ffn: ffn, vocabulary: try root.extent("vocab_size"),
      maximumPositions: try root.optionalExtent(keys.positions), gated: family.gated, activation: activation,
      normalization: family.gated ? .rmsNorm : .layerNorm, positions: family.positions, biases: biases,
      tiedEmbeddings: try root["tie_word_embeddings"]?.bool() ?? family.tiedEmbeddings,
      dropout: try family.dropoutKeys.contains { try (root[$0]?.double() ?? family.usualDropout) > 0 },
      experts: experts)
  }
}

/// How a family of models spells its sizes, and what it takes for granted.
private struct HuggingFaceFamily: Sendable {
  struct Keys: Sendable {
    var layers = "num_hidden_layers"
    var hidden = "hidden_size"
    var heads = "num_attention_heads"
    var ffn = "intermediate_size"
    var positions = "max_position_embeddings"
    var activation = "hidden_act"
  }

  var keys = Keys()
  var gated = true
  var activation = ModelConfiguration.Activation.silu
  var positions = ModelConfiguration.Positions.rotary
  var biases = ModelConfiguration.Biases.none
  var tiedEmbeddings = false
  var ffnIsFourTimesHidden = false
  var dropoutKeys = ["attention_dropout"]
  /// What a missing dropout key stands for.
  var usualDropout = 0.0
  var experts = false

  /// The value that an error about several sizes is best mended at; nil where it stands in no file.
  static func culprit(of error: ModelError, in root: JSONValue) -> JSONValue? {
    let keys = (try? root["model_type"]?.string()).flatMap { all[$0]?.keys } ?? Keys()
    return switch error {
    case .doesNotDivide("keyValueHeads", _, _, _): root["num_key_value_heads"]
    case .doesNotDivide("heads", _, _, _): root[keys.heads]
    case .tooLarge("layers", _): root[keys.layers]
    case .tooLarge: root["head_dim"] ?? root[keys.hidden]
    case .conflict: root["num_experts_per_tok"]
    default: nil
    }
  }

  static let all: [String: HuggingFaceFamily] = [
    "gpt2": HuggingFaceFamily(
      keys: Keys(
        layers: "n_layer", hidden: "n_embd", heads: "n_head", ffn: "n_inner", positions: "n_positions",
        activation: "activation_function"),
      gated: false, activation: .gelu, positions: .learned, biases: .all, tiedEmbeddings: true,
      ffnIsFourTimesHidden: true, dropoutKeys: ["resid_pdrop", "attn_pdrop"], usualDropout: 0.1),
    // The residual stream is read as taking attention and MLP in turn, whatever use_parallel_residual says.
    "gpt_neox": HuggingFaceFamily(
      gated: false, activation: .gelu, biases: .all, dropoutKeys: ["attention_dropout", "hidden_dropout"]),
    "llama": HuggingFaceFamily(),
    "mistral": HuggingFaceFamily(),
    "mixtral": HuggingFaceFamily(experts: true),
    "qwen2": HuggingFaceFamily(biases: .queryKeyValue),
    "qwen3": HuggingFaceFamily(),
  ]
}

extension ModelConfiguration.Activation {
  /// The name that transformers gives an activation; GELU has several approximations of one cost.
  fileprivate init?(huggingFace name: String) {
    switch name {
    case "gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "quick_gelu": self = .gelu
    case "relu": self = .relu
    case "silu", "swish": self = .silu
    default: return nil
    }
  }
}

extension JSONValue {
  /// A size that must be there, in 1...2⁴⁰.
  fileprivate func extent(_ key: String) throws(FileError) -> Int { try required(key).extent(named: key) }

  /// A size that may be absent or null.
  fileprivate func optionalExtent(_ key: String) throws(FileError) -> Int? { try self[key]?.extent(named: key) }

  private func extent(named key: String) throws(FileError) -> Int {
    let value = try integer()
    do {
      try Extent.check(value, key)
    } catch {
      throw self.error("\(error)")
    }
    return value
  }
}
