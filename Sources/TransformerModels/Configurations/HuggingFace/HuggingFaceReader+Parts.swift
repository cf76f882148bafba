internal import DataFiles

// The parts that many families spell alike.
extension HuggingFaceReader {
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

  /// A key that would change the layers: refused where it is set.
  mutating func refuse(_ key: String, _ reason: String) throws(FileError) {
    if let value = object.value(key), !value.isUnset {
      throw value.error("\(key) is \(value.shortText): \(reason)", remedy: "a model without it is expected")
    }
  }
}
