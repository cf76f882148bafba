internal import DataFiles
internal import GEMMTiming

/// Reads a `config.json` key by key: every key is used, known to change nothing, noted, or an error.
struct HuggingFaceReader {
  let type: String
  let family: HuggingFaceFamily
  /// The language model's object.
  var object: HuggingFaceObject
  /// The whole file's object where the language model's is a part of it.
  var whole: HuggingFaceObject?
  var notes: [ModelNote] = []

  /// Finds the language model in a file.
  init(_ root: JSONValue) throws {
    try Self.refuseOtherFiles(root)
    var whole = HuggingFaceObject(root)
    let typeValue = try root.required("model_type")
    _ = whole.value("model_type")
    let outerType = try typeValue.string()
    if let family = HuggingFaceFamily.all[outerType] {
      (type, self.family, object) = (outerType, family, whole)
      return
    }
    let unknown = "model_type \(typeValue.shortText) is not known"
    guard let (key, inner) = Self.languageModel(in: &whole) else {
      throw typeValue.error(unknown, remedy: "one of \(HuggingFaceFamily.list) is expected")
    }
    let innerValue = try inner.required("model_type")
    let innerType = try innerValue.string()
    guard let family = HuggingFaceFamily.all[innerType] else {
      throw innerValue.error(
        "\(unknown), nor is that of the language model in its \(key), \(innerValue.shortText)",
        remedy: "one of \(HuggingFaceFamily.list) is expected")
    }
    (type, self.family, object, self.whole) = (innerType, family, HuggingFaceObject(inner), whole)
    _ = object.value("model_type")
    notes.append(
      .key(
        "model_type", meaning: "is \(typeValue.shortText): only its language model, which \(key) describes, is counted")
    )
  }

  /// The object of the language model in a file of several models, and how it is reached.
  private static func languageModel(in root: inout HuggingFaceObject) -> (key: String, value: JSONValue)? {
    for key in ["text_config", "llm_config", "language_config", "language_model_config"] {
      if let value = root.value(key), !value.keys.isEmpty { return (key, value) }
    }
    if let thinker = root.value("thinker_config"), let value = thinker["text_config"] {
      return ("thinker_config.text_config", value)
    }
    return nil
  }

  /// Files that lie beside a `config.json` and are easily taken for it.
  private static func refuseOtherFiles(_ root: JSONValue) throws(FileError) {
    guard !root.keys.isEmpty, root["model_type"] == nil else { return }
    if let adapter = root["peft_type"] ?? root["base_model_name_or_path"] {
      let base = root["base_model_name_or_path"].map { ", \($0.shortText)" } ?? ""
      throw adapter.error(
        "the file is an adapter's, which has no sizes of a model",
        remedy: "the config.json of its base model\(base), is expected; the adapter's own weights are not counted")
    }
    if let size = root["dim"] ?? root["n_layers"] {
      throw size.error(
        "the file has no model_type and looks like a params.json",
        remedy: "the config.json that transformers writes beside a model is expected")
    }
  }

  /// The deepest published models have some hundred layers (DeepNet: 1,000); each costs a part of the step's graph.
  private static let mostLayers = 4096

  /// The model that the file describes; `name` is what it is called unless the file says.
  mutating func configuration(named name: String) throws -> ModelConfiguration {
    let head = try head()
    let keys = family.keys
    let hidden = try object.extent(keys.hidden)
    let heads = try object.extent(keys.heads)
    let layers = try object.extent(keys.layers, upTo: Self.mostLayers)
    let experts = try experts()
    let givenFFN = try object.optionalExtent(keys.ffn)
    let ffn = try givenFFN ?? (family.ffnIsFourTimesHidden ? 4 * hidden : object.extent(keys.ffn))
    let activation = try activation(keys.activation)
    let biases = try biases()
    let keyValueHeads = try keyValueHeads(heads: heads)
    let dimension = try object.optionalExtent("head_dim") ?? family.headDimension
    let dropout = try dropout()
    let tied = try anywhere("tie_word_embeddings")?.bool() ?? family.tiedEmbeddings
    let vocabulary = try object.extent("vocab_size")
    let positions = try object.optionalExtent(keys.positions)
    try noteWindows(layers: layers)
    try noteStorage()
    try noteWhatChangesTheStep()
    noteUnknownKeys()
    return try ModelConfiguration(
      name: try title() ?? name, layers: layers, hidden: hidden, heads: heads, keyValueHeads: keyValueHeads,
      headDimension: dimension, ffn: ffn, vocabulary: vocabulary, maximumPositions: positions, gated: family.gated,
      activation: activation, normalization: family.gated ? .rmsNorm : .layerNorm, positions: family.positions,
      biases: biases, tiedEmbeddings: tied, dropout: dropout, experts: experts, head: head, notes: notes)
  }

  /// A member of the language model's object, else of the whole file's.
  mutating func anywhere(_ key: String) -> JSONValue? {
    let outer = whole?.value(key)
    return object.value(key) ?? outer
  }

  /// The value that an error about several sizes is best mended at; nil where it stands in no file.
  func culprit(of error: ModelError) -> JSONValue? {
    let root = object.root
    return switch error {
    case .doesNotDivide("keyValueHeads", _, _, _): root["num_key_value_heads"]
    case .doesNotDivide("heads", _, _, _): root[family.keys.heads]
    case .tooLarge("layers", _): root[family.keys.layers]
    case .tooLarge: root["head_dim"] ?? root[family.keys.hidden]
    case .conflict: root["num_experts_per_tok"]
    default: nil
    }
  }

  private mutating func activation(_ key: String) throws(FileError) -> ModelConfiguration.Activation {
    guard let value = object.value(key) else { return family.activation }
    guard let known = ModelConfiguration.Activation(huggingFace: try value.string()) else {
      throw value.error("activation \(value.shortText) is not known", remedy: "gelu, relu or silu is expected")
    }
    return known
  }

  private mutating func dropout() throws(FileError) -> Bool {
    var drops = false
    for key in family.dropoutKeys where try (object.fraction(key) ?? family.usualDropout) > 0 { drops = true }
    return drops
  }

  /// The mixture of experts; of a family without one, a single expert is a plain MLP.
  private mutating func experts() throws -> ModelConfiguration.Experts? {
    for key in ["num_local_experts", "num_experts"] {
      guard let count = try object.optionalExtent(key) else { continue }
      if family.experts {
        return ModelConfiguration.Experts(count: count, topK: try object.extent("num_experts_per_tok"))
      }
      guard count == 1, let value = object.value(key) else {
        throw object.root[key]?.error(
          "\(key) is \(count), and \(type) models have no experts in transformers",
          remedy: "a model_type with experts, such as mixtral, is expected") ?? object.root.error("\(key) is \(count)")
      }
      notes.append(.key(key, meaning: "is \(value.shortText): the MLP is counted as a plain one"))
    }
    return nil
  }
}
