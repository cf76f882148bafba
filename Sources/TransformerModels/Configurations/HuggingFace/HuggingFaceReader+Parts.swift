internal import DataFiles

// The parts that many families spell alike.
extension HuggingFaceReader {
  /// A size; required unless the class has a default for an absent or null key.
  mutating func size(_ key: String, or usual: Int? = nil) throws(FileError) -> Int {
    guard let usual else { return try object.extent(key) }
    return try object.optionalExtent(key) ?? usual
  }

  /// A size that classes know by two names, or that they have a default for: a default taken is noted.
  mutating func size(_ key: String, alias: String, absent usual: Int? = nil) throws(FileError) -> Int {
    guard let value = object.value(alias) else { return try size(key, absent: usual) }
    let number = try object.extent(alias)
    if let other = try object.optionalExtent(key), other != number {
      throw value.error("\(alias) is \(number), but \(key) is \(other)", remedy: "one of the two is expected")
    }
    return number
  }

  /// The same of one name.
  mutating func size(_ key: String, absent usual: Int?) throws(FileError) -> Int {
    if let value = try object.optionalExtent(key) { return value }
    guard let usual else { return try object.extent(key) }
    noteAbsent(key, "\(usual)")
    return usual
  }

  /// Says that a class's default stands for an absent key.
  mutating func noteAbsent(_ key: String, _ usual: String) {
    notes.append(.key(key, meaning: "is absent and taken as \(usual), as transformers does for \(type)"))
  }

  /// Whether a key has a value; where it is absent, whether the class's default is one.
  mutating func isSet(_ key: String, absent usual: Bool) -> Bool {
    object.value(key) != nil || usual && !object.has(key)
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
  mutating func layers(
    _ key: String = "num_hidden_layers", alias: String? = nil, absent usual: Int? = nil
  ) throws(FileError) -> Int {
    let number = try alias == nil ? size(key, absent: usual) : size(key, alias: alias ?? key, absent: usual)
    guard number <= Self.mostLayers else {
      throw (object.value(alias ?? key) ?? object.value(key) ?? object.root).error(
        "\(key) is \(number)", remedy: "at most \(Self.mostLayers) is expected")
    }
    return number
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
    hidden: Int, heads usualHeads: Int? = nil, keyValueHeads absent: Absent = .heads, headDimension usual: Int? = nil
  ) throws -> GroupedQueryAttention {
    let heads = try size("num_attention_heads", absent: usualHeads)
    var keyValueHeads = try object.optionalExtent("num_key_value_heads")
    if keyValueHeads == nil, !object.has("num_key_value_heads"), case .number(let usual) = absent, usual != heads {
      keyValueHeads = usual
      noteAbsent("num_key_value_heads", "\(usual)")
    }
    var dimension = try object.optionalExtent("head_dim")
    if let usual, dimension == nil, !object.has("head_dim") {
      dimension = usual
      if usual * heads != hidden { noteAbsent("head_dim", "\(usual)") }
    }
    return try GroupedQueryAttention(
      hidden: hidden, heads: heads, keyValueHeads: keyValueHeads, headDimension: dimension)
  }

  /// A non-linearity by its name; GELU has several approximations of one cost.
  mutating func activation(
    _ key: String = "hidden_act", or usual: DenseMLP.Activation
  ) throws(FileError) -> DenseMLP.Activation {
    try object.value(key).map { value throws(FileError) in try Self.activation(value) } ?? usual
  }

  /// The same of a value.
  static func activation(_ value: JSONValue) throws(FileError) -> DenseMLP.Activation {
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

  /// How many of a head's elements their position turns: a share, in the object of rotations or beside it.
  mutating func rotated(
    of dimension: Int, key: String = "partial_rotary_factor", or usual: Double = 1
  ) throws(FileError) -> Int {
    var share = try object.fraction(key) ?? usual
    for name in ["rope_parameters", "rope_scaling"] {
      guard let value = object.value(name) else { continue }
      var rotation = HuggingFaceObject(value)
      share = try rotation.fraction("partial_rotary_factor") ?? share
    }
    return Int(Double(dimension) * share)
  }

  /// The same as a number of elements, of which a head has enough; all of them where the key is null.
  mutating func rotated(elements key: String, of dimension: Int, absent usual: Int) throws(FileError) -> Int {
    guard let value = object.value(key) else { return object.has(key) ? dimension : min(usual, dimension) }
    let elements = try object.extent(key)
    guard elements <= dimension else {
      throw value.error("\(key) is \(elements)", remedy: "at most a head's \(dimension) elements are expected")
    }
    return elements
  }

  /// Vocabulary and ties of a language model.
  mutating func ends(isTied usual: Bool, vocabulary: Int? = nil) throws(FileError) -> ModelConfiguration.Ends {
    var ends = ModelConfiguration.Ends()
    ends.vocabulary = try size("vocab_size", absent: vocabulary)
    ends.isTied = try anywhere("tie_word_embeddings")?.bool() ?? usual
    return ends
  }

  /// The longest sequence.
  mutating func positions(_ key: String = "max_position_embeddings") throws(FileError) -> Int? {
    try object.optionalExtent(key)
  }

  /// A model of the given layers, with what stands around them as most classes name it.
  mutating func model(
    hidden: Int, _ stack: LayerStack, _ normalization: ModelConfiguration.Normalization = .rmsNorm,
    isTied: Bool = false, vocabulary: Int? = nil, positions key: String = "max_position_embeddings",
    dropout: [String] = ["attention_dropout"]
  ) throws -> HuggingFaceModel {
    HuggingFaceModel(
      hidden: hidden, stack: stack, normalization: normalization,
      ends: try ends(isTied: isTied, vocabulary: vocabulary), maximumPositions: try positions(key),
      dropout: try self.dropout(dropout))
  }

  /// Reads an object inside, whose keys are named behind its own and a full stop.
  mutating func inside(_ key: String, _ read: (inout HuggingFaceObject) throws -> Void) throws {
    guard let value = object.value(key) else { return }
    guard !value.keys.isEmpty || value.isUnset else {
      throw value.error("\(key) is \(value.shortText)", remedy: "an object is expected")
    }
    var part = HuggingFaceObject(value)
    try read(&part)
    parts.append((key, part))
  }

  /// The layers that a list names by their places; nil where it is absent.
  mutating func places(_ key: String, of layers: Int) throws(FileError) -> Set<Int>? {
    guard let list = object.value(key) else { return nil }
    var places: Set<Int> = []
    for value in try list.array() {
      let place = try value.integer()
      guard (0..<layers).contains(place) else {
        throw value.error("\(key) names layer \(place)", remedy: "a layer from 0 to \(layers - 1) is expected")
      }
      places.insert(place)
    }
    return places
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

  /// The layers that see a part of the sequence only, by `layer_types` or else by `usual`, which follows from `key`.
  mutating func windowed(_ layers: Int, key: String, else usual: (Int) -> Bool) throws(FileError) -> [Bool] {
    let kinds = try layerTypes(layers, ["full_attention", "sliding_attention"])
    return listed(kinds?.map { $0 == "sliding_attention" }, over: (0..<layers).map(usual), by: key)
  }

  /// What a list says of each layer, or else what follows from `key`, which is noted where it says something else.
  mutating func listed(_ list: [Bool]?, over usual: [Bool], by key: String) -> [Bool] {
    guard let list else { return usual }
    if list != usual { object.note(key, "another key lists the layers, and lists others") }
    return list
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
