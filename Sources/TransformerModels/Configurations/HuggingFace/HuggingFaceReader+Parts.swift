internal import DataFiles

// The parts that many families spell alike.
extension HuggingFaceReader {
  /// A size; required unless the class has a default for an absent or null key.
  mutating func size(_ key: String, or usual: Int? = nil) throws(FileError) -> Int {
    guard let usual else { return try object.extent(key) }
    return try object.optionalExtent(key) ?? usual
  }

  /// A count that may be 0.
  mutating func count(_ key: String, or usual: Int = 0) throws(FileError) -> Int {
    guard let value = object.value(key) else { return usual }
    let number = try value.integer()
    guard number >= 0 else { throw value.error("\(key) is \(number)", remedy: "0 or more is expected") }
    return number
  }

  /// A switch.
  mutating func flag(_ key: String, or usual: Bool = false) throws(FileError) -> Bool {
    try object.flag(key) ?? usual
  }

  /// How many layers there are.
  mutating func layers(_ key: String = "num_hidden_layers", or usual: Int? = nil) throws(FileError) -> Int {
    if let usual, object.value(key) == nil { return usual }
    return try object.extent(key, upTo: Self.mostLayers)
  }

  /// What a class takes for key-value heads where the key is absent.
  enum Absent {
    /// As many as there are query heads.
    case heads
    case number(Int)
  }

  /// `num_attention_heads`, `num_key_value_heads`, `head_dim` as most classes read them.
  ///
  /// An absent key is the class's default, a null one is derived: as many key-value heads as query heads, and
  /// hidden / heads elements.
  mutating func heads(
    hidden: Int, key: String = "num_attention_heads", keyValueHeads absent: Absent = .heads,
    headDimension usual: Int? = nil
  ) throws -> GroupedQueryAttention {
    let heads = try size(key)
    var keyValueHeads = try object.optionalExtent("num_key_value_heads")
    if keyValueHeads == nil, !object.has("num_key_value_heads"), case .number(let usual) = absent, usual != heads {
      keyValueHeads = usual
      notes.append(
        .key("num_key_value_heads", meaning: "is absent and taken as \(usual), as transformers does for \(type)"))
    }
    var dimension = try object.optionalExtent("head_dim")
    if dimension == nil, !object.has("head_dim") { dimension = usual }
    return try GroupedQueryAttention(
      hidden: hidden, heads: heads, keyValueHeads: keyValueHeads, headDimension: dimension)
  }

  /// A non-linearity by its name; GELU has several approximations of one cost.
  mutating func activation(
    _ key: String = "hidden_act", or usual: DenseMLP.Activation
  ) throws(FileError) -> DenseMLP.Activation {
    guard let value = object.value(key) else { return usual }
    switch try value.string() {
    case "gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "quick_gelu", "gelu_python", "gelu_10": return .gelu
    case "relu": return .relu
    case "relu2": return .squaredReLU
    case "silu", "swish": return .silu
    default:
      throw value.error(
        "activation \(value.shortText) is not known", remedy: "gelu, relu, relu2 or silu is expected")
    }
  }

  /// Whether any of several dropouts is on, each of them `usual` where it is absent.
  mutating func dropout(_ keys: [String], or usual: Double = 0) throws(FileError) -> Bool {
    var drops = false
    for key in keys where try (object.fraction(key) ?? usual) > 0 { drops = true }
    return drops
  }

  /// The share of a head's elements that are turned by their position.
  mutating func rotated(of dimension: Int, key: String? = nil, or usual: Double = 1) throws(FileError) -> Int {
    let share = try key.flatMap { key throws(FileError) in try object.fraction(key) } ?? usual
    return Int(Double(dimension) * share)
  }

  /// Vocabulary and ties of a language model.
  mutating func ends(isTied usual: Bool) throws(FileError) -> ModelConfiguration.Ends {
    var ends = ModelConfiguration.Ends()
    ends.vocabulary = try object.extent("vocab_size")
    ends.isTied = try anywhere("tie_word_embeddings")?.bool() ?? usual
    return ends
  }

  /// The longest sequence.
  mutating func positions(_ key: String = "max_position_embeddings") throws(FileError) -> Int? {
    try object.optionalExtent(key)
  }

  /// The kinds of the layers as `layer_types` lists them; nil where it does not.
  mutating func layerTypes(_ layers: Int, _ known: Set<String>) throws(FileError) -> [String]? {
    guard let list = object.value("layer_types") else { return nil }
    let values = try list.array()
    guard values.count == layers else {
      throw list.error(
        "layer_types has \(values.count) entries", remedy: "one for each of \(layers) layers is expected")
    }
    var kinds: [String] = []
    for value in values {
      let kind = try value.string()
      guard known.contains(kind) else {
        throw value.error(
          "layer_types names \(value.shortText), which \(type) models do not have",
          remedy: "\(known.sorted().joined(separator: " or ")) is expected")
      }
      kinds.append(kind)
    }
    return kinds
  }

  /// The layers that see a part of the sequence only, by `layer_types` or else by `usual`.
  mutating func windowed(_ layers: Int, else usual: (Int) -> Bool) throws(FileError) -> [Bool] {
    if let kinds = try layerTypes(layers, ["full_attention", "sliding_attention"]) {
      return kinds.map { $0 == "sliding_attention" }
    }
    return (0..<layers).map(usual)
  }

  /// A key that the family's classes read and that this forecast cannot follow.
  mutating func note(_ key: String, _ meaning: String) {
    if let value = object.value(key), !value.isUnset {
      notes.append(.key(key, meaning: "is \(value.shortText): \(meaning)"))
    }
  }

  /// A key that would change the layers: refused where it is set.
  mutating func refuse(_ key: String, _ reason: String) throws(FileError) {
    if let value = object.value(key), !value.isUnset {
      throw value.error("\(key) is \(value.shortText): \(reason)", remedy: "a model without it is expected")
    }
  }
}

extension LayerStack {
  /// One kind of layer for those that see all of the sequence, and one with a window for the others.
  init(windowed: [Bool], window: Int?, _ layer: (_ window: Int?) throws -> TransformerLayer) rethrows {
    let full = try layer(nil)
    let local = try layer(window)
    self.init(windowed.map { $0 ? local : full })
  }
}
