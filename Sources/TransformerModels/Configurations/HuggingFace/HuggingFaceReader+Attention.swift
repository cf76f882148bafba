internal import DataFiles

// Heads, biases and windows.
extension HuggingFaceReader {
  /// Key-value heads, by whichever key says.
  mutating func keyValueHeads(heads: Int) throws(FileError) -> Int? {
    let key = "num_key_value_heads"
    let given = try object.optionalExtent(key)
    let isMulti = try multiQuery()
    if let given {
      if isMulti, given != 1, let value = object.value(key) {
        throw value.error(
          "\(key) is \(given), and the file's attention is multi-query", remedy: "1 is expected, or no \(key)")
      }
      return given
    }
    if isMulti { return 1 }
    // A null is as many as there are heads; a key that is absent is what the family's class takes for it.
    guard !object.has(key), let usual = family.keyValueHeads, usual != heads else { return nil }
    notes.append(.key(key, meaning: "is absent and taken as \(usual), as transformers does for \(type)"))
    return usual
  }

  /// Whether all query heads share one key-value head.
  private mutating func multiQuery() throws(FileError) -> Bool {
    let flag = try object.flag("multi_query")
    guard let value = object.value("attention_head_type") else { return flag ?? family.multiQuery }
    switch try value.string() {
    case "multiquery": return true
    case "multihead": return flag ?? false
    default:
      throw value.error(
        "attention_head_type is \(value.shortText)", remedy: "multihead or multiquery is expected")
    }
  }

  /// Which linear layers have a bias, exactly as the family's layers in transformers.
  mutating func biases() throws(FileError) -> ModelConfiguration.Biases {
    var biases = family.biases
    let ofAttention: ModelConfiguration.Biases = [.queryKeyValue, .projection]
    if try bias("attention_bias", reading: family.attentionBias, fixed: biases, layers: ofAttention) {
      biases.formUnion(ofAttention)
    }
    if try bias("mlp_bias", reading: family.mlpBias, fixed: biases, layers: .mlp) { biases.formUnion(.mlp) }
    return biases
  }

  /// One key of biases; noted where the family does not read it and has others.
  private mutating func bias(
    _ key: String, reading usual: Bool?, fixed: ModelConfiguration.Biases, layers: ModelConfiguration.Biases
  ) throws(FileError) -> Bool {
    let given = try object.flag(key)
    if let usual { return given ?? usual }
    guard let given else { return false }
    if fixed.intersection(layers) != (given ? layers : .none) {
      notes.append(
        .key(key, meaning: "is \(given), which \(type) models do not read in transformers: their biases are as always"))
    }
    return false
  }

  /// Windows through which attention sees a part of the sequence only.
  mutating func noteWindows(layers: Int) throws(FileError) {
    let kinds = try layerKinds(layers: layers)
    let isOn = try object.flag("use_sliding_window") ?? !family.windowNeedsSwitch
    let first = try wholeNumber("max_window_layers")
    for (key, needsSwitch) in [("sliding_window", true), ("attention_window", false), ("attention_chunk_size", false)] {
      guard let tokens = try object.optionalExtent(key), isOn || !needsSwitch else { continue }
      let behind = needsSwitch ? max(0, layers - (first ?? 0)) : layers
      let count = kinds.map { $0.count { $0.isWindowed } } ?? behind
      if count > 0 { notes.append(.slidingWindow(key: key, tokens: tokens, layers: count, of: layers)) }
    }
  }

  private enum LayerKind {
    case full, windowed
    var isWindowed: Bool { self == .windowed }
  }

  /// The kinds of the layers where `layer_types` lists them.
  private mutating func layerKinds(layers: Int) throws(FileError) -> [LayerKind]? {
    guard let list = object.value("layer_types") else { return nil }
    let values = try list.array()
    guard values.count == layers else {
      throw list.error(
        "layer_types has \(values.count) entries", remedy: "one for each of \(layers) layers is expected")
    }
    var kinds: [LayerKind] = []
    for value in values {
      switch try value.string() {
      case "full_attention", "attention", "global", "global_attention": kinds.append(.full)
      case "sliding_attention", "chunked_attention", "local", "local_attention": kinds.append(.windowed)
      default:
        throw value.error(
          "layer_types names \(value.shortText), which is not modeled",
          remedy: "full_attention or sliding_attention is expected")
      }
    }
    return kinds
  }

  /// A count that may be 0.
  private mutating func wholeNumber(_ key: String) throws(FileError) -> Int? {
    guard let value = object.value(key) else { return nil }
    let number = try value.integer()
    guard number >= 0 else { throw value.error("\(key) is \(number)", remedy: "0 or more is expected") }
    return number
  }
}
