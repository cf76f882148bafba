internal import DataFiles
internal import TransformerModels

// The parts that many families spell alike.
extension HuggingFaceReader {
  /// What a class takes for key-value heads where the key is absent.
  enum Absent {
    /// As many as there are query heads.
    case heads
    case number(Int)
  }

  /// Query heads, `num_key_value_heads` and `head_dim` as most classes read them.
  ///
  /// An absent key is the class's default, a null one is derived: as many key-value heads as query heads, and
  /// hidden / heads elements.
  mutating func heads(keyValueHeads absent: Absent = .heads, headDimension usual: Int? = nil) throws
    -> GroupedQueryAttention
  {
    let heads = try size(family.sizes.heads)
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

  /// The same, turned whole, with biases in all of its linear layers or in none, as a key says.
  mutating func heads(
    keyValueHeads: Absent = .heads, headDimension: Int? = nil, bias key: String, or usual: Bool = false
  ) throws -> GroupedQueryAttention {
    var attention = try heads(keyValueHeads: keyValueHeads, headDimension: headDimension)
    attention.hasBiases = try flag(key, or: usual)
    attention.rotated = attention.headDimension
    return attention
  }

  /// Heads of hidden / heads elements, whose number no other key follows.
  mutating func plainHeads(keyValueHeads: Int? = nil) throws -> GroupedQueryAttention {
    try GroupedQueryAttention(
      hidden: hidden, heads: size(family.sizes.heads), keyValueHeads: keyValueHeads)
  }

  /// An MLP under the names that most classes have for its parts.
  mutating func mlp(
    _ key: String = "intermediate_size", absent width: Int, isGated: Bool = true,
    activation name: String = "hidden_act", or usual: DenseMLP.Activation = .silu, hasBias: Bool = false
  ) throws -> DenseMLP {
    try DenseMLP(
      checked: size(key, absent: width), isGated: isGated, activation: activation(name, or: usual), hasBias: hasBias)
  }

  /// A mixture of `expert`: how many there are, and how many of them each token takes.
  mutating func experts(
    _ key: String = "num_local_experts", alias: String? = nil, absent count: Int, topK: Int?, _ expert: DenseMLP
  ) throws -> ExpertMLP {
    try ExpertMLP(
      checked: size(key, alias: alias, absent: count), topK: size("num_experts_per_tok", absent: topK), expert: expert)
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
  mutating func ends(isTied usual: Bool) throws(FileError) -> ModelConfiguration.Ends {
    var ends = ModelConfiguration.Ends()
    ends.vocabulary = try size(family.sizes.vocabulary)
    ends.isTied = try anywhere("tie_word_embeddings")?.bool() ?? usual
    return ends
  }

  /// A model of the given layers, with what stands around them as most classes name it.
  mutating func model(
    _ stack: LayerStack, _ normalization: ModelConfiguration.Normalization = .rmsNorm, isTied: Bool = false,
    dropout: [String] = ["attention_dropout"]
  ) throws -> HuggingFaceModel {
    HuggingFaceModel(
      stack: stack, normalization: normalization, ends: try ends(isTied: isTied),
      maximumPositions: try object.optionalExtent(family.sizes.positions), dropout: try self.dropout(dropout))
  }

  /// A model of equal layers.
  mutating func model(
    _ layer: TransformerLayer, _ normalization: ModelConfiguration.Normalization = .rmsNorm, isTied: Bool = false,
    dropout: [String] = ["attention_dropout"]
  ) throws -> HuggingFaceModel {
    try model(LayerStack(layer, count: layers()), normalization, isTied: isTied, dropout: dropout)
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

extension GroupedQueryAttention {
  /// Whether all of its linear layers have biases.
  var hasBiases: Bool {
    get { hasBias && hasOutputBias }
    set { (hasBias, hasOutputBias) = (newValue, newValue) }
  }

  /// Elements of all queries and all keys together, for norms over all heads at once.
  var queryKeyWidth: Int { queryWidth + keyValueWidth }

  /// The same with a window.
  func with(window: Int?) -> GroupedQueryAttention {
    var copy = self
    copy.window = window
    return copy
  }
}
