internal import DataFiles
internal import GEMMTiming
internal import TransformerModels

/// Reads a `config.json` key by key: every key is used, known to change nothing, noted, or an error.
struct HuggingFaceReader {
  let type: String
  let family: HuggingFaceFamily
  /// The language model's object.
  var object: HuggingFaceObject
  /// The whole file's object where the language model's is a part of it.
  var whole: HuggingFaceObject?
  /// Objects inside the language model's that a family has read.
  var parts: [(name: String, object: HuggingFaceObject)] = []
  var notes: [ModelNote] = []
  /// Elements of the residual stream: what is read first of a model.
  private(set) var hidden = 0

  /// Finds the language model in a file.
  init(_ root: JSONValue) throws {
    try Self.refuseOtherFiles(root)
    var whole = HuggingFaceObject(root)
    let typeValue = try root.required("model_type")
    _ = whole.value("model_type")
    let outerType = try typeValue.string()
    if let family = HuggingFaceFamily.of(type: outerType) {
      (type, self.family, object) = (outerType, family, whole)
      return
    }
    let unknown = "model_type \(typeValue.shortText) is not known"
    guard let (key, inner) = Self.languageModel(in: &whole) else {
      throw typeValue.error(unknown, remedy: "one of \(HuggingFaceFamily.list) is expected")
    }
    // Some classes of several models know the type of their language model where the file does not say.
    let usual = inner["model_type"] == nil ? Self.languageModels[outerType] : nil
    let innerType = try usual ?? inner.required("model_type").string()
    guard let family = HuggingFaceFamily.of(type: innerType) else {
      throw (inner["model_type"] ?? inner).error(
        "\(unknown), nor is that of the language model in its \(key), \"\(JSONValue.shortened(innerType))\"",
        remedy: "one of \(HuggingFaceFamily.list) is expected")
    }
    (type, self.family, object, self.whole) = (innerType, family, HuggingFaceObject(inner), whole)
    _ = object.value("model_type")
    notes.append(
      .key(
        "model_type", meaning: "is \(typeValue.shortText): only its language model, which \(key) describes, is counted")
    )
  }

  /// The type of the language model in `text_config`, by that of the whole.
  private static let languageModels = ["gemma3": "gemma3_text", "llama4": "llama4_text"]

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
  static let mostLayers = 4096

  /// The model that the file describes; `name` is what it is called unless the file says.
  mutating func configuration(named name: String) throws -> ModelConfiguration {
    let head = try head()
    hidden = try size(family.sizes.hidden)
    var model = try family.read(&self)
    model.ends.head = head
    model.ends.hasHeadBias = model.ends.hasHeadBias && head == .languageModel
    let storage = try storage()
    try noteWhatChangesTheStep()
    noteUnknownKeys()
    return try ModelConfiguration(
      name: try title() ?? name, hidden: hidden, stack: model.stack, normalization: model.normalization,
      ends: model.ends, maximumPositions: model.maximumPositions, dropout: model.dropout, notes: notes,
      storage: storage)
  }

  /// A member of the language model's object, else of the whole file's.
  mutating func anywhere(_ key: String) -> JSONValue? {
    let outer = whole?.value(key)
    return object.value(key) ?? outer
  }

  /// The value that an error about several sizes is best mended at; nil where it stands in no file.
  func culprit(of error: ModelError) -> JSONValue? {
    let root = object.root
    func member(_ keys: String...) -> JSONValue? { keys.lazy.compactMap { root[$0] }.first }
    return switch error {
    case .doesNotDivide("keyValueHeads", _, _, _): member("num_key_value_heads", "num_kv_heads", "attn_config")
    case .doesNotDivide("heads", _, _, _): member("num_attention_heads", "n_head", "n_heads")
    case .tooLarge("layers", _): member("num_hidden_layers", "n_layer", "n_layers")
    case .tooLarge: member("head_dim", "hidden_size", "n_embd", "d_model")
    case .conflict: member("num_experts_per_tok", "ffn_config")
    default: nil
    }
  }
}
