internal import GEMMTiming

/// The architecture of a decoder-only transformer: everything that its operations' shapes follow from.
public struct ModelConfiguration: Hashable, Sendable {
  /// The non-linearity between the two linear layers of the MLP.
  public enum Activation: String, Sendable, CaseIterable { case gelu, relu, silu }

  /// The norm in front of attention and MLP.
  public enum Normalization: String, Sendable, CaseIterable {
    case layerNorm = "layer_norm"
    case rmsNorm = "rms_norm"
  }

  /// How positions enter the model.
  public enum Positions: String, Sendable, CaseIterable { case none, learned, rotary }

  /// Which linear layers have a bias.
  public struct Biases: OptionSet, Hashable, Sendable {
    /// One bit for each of the three groups below.
    public let rawValue: Int

    /// The groups whose bits are set.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Of queries, keys and values.
    public static let queryKeyValue = Biases(rawValue: 1)
    /// Of attention's output.
    public static let projection = Biases(rawValue: 2)
    /// Of the MLP's layers, of every expert's where there are experts.
    public static let mlp = Biases(rawValue: 4)
    /// No layer.
    public static let none: Biases = []
    /// All of them.
    public static let all: Biases = [.queryKeyValue, .projection, .mlp]
  }

  /// What stands behind the last layer and its norm; a model without a vocabulary has nothing there.
  public enum Head: Hashable, Sendable {
    /// A product with as many columns as the vocabulary has tokens.
    case languageModel
    /// A product with a few labels, whose weights count and whose time does not.
    case classifier(labels: Int)
    /// Nothing: the layers' output is the result.
    case none
  }

  /// A mixture of experts in place of each MLP.
  public struct Experts: Hashable, Sendable {
    /// Experts of a layer.
    public let count: Int
    /// Experts that each token passes through.
    public let topK: Int

    /// `count` experts of which each token takes `topK`.
    public init(count: Int, topK: Int) {
      self.count = count
      self.topK = topK
    }
  }

  /// The model's name.
  public let name: String
  /// Transformer layers.
  public let layers: Int
  /// Elements of the residual stream.
  public let hidden: Int
  /// Query heads.
  public let heads: Int
  /// Key and value heads: fewer than `heads` in grouped-query attention.
  public let keyValueHeads: Int
  /// Elements of one head's vector.
  public let headDimension: Int
  /// Elements between the two linear layers of the MLP (of one expert).
  public let ffn: Int
  /// Tokens of the vocabulary; nil for a bare stack of layers without embedding and head.
  public let vocabulary: Int?
  /// The longest sequence that the model was made for; nil where none is stated.
  public let maximumPositions: Int?
  /// Whether the MLP multiplies by a second, activated projection (SwiGLU and the like).
  public let gated: Bool
  /// The non-linearity of the MLP.
  public let activation: Activation
  /// The norm in front of each block.
  public let normalization: Normalization
  /// How positions enter.
  public let positions: Positions
  /// Which linear layers have a bias.
  public let biases: Biases
  /// Whether the head uses the embedding's weights.
  public let tiedEmbeddings: Bool
  /// Whether training drops attention weights and block outputs at random.
  public let dropout: Bool
  /// The mixture of experts; nil for one plain MLP.
  public let experts: Experts?
  /// What stands behind the layers.
  public let head: Head
  /// What the model's file says beyond that; empty for built-in models.
  public let notes: [ModelNote]

  /// The most layers that a model may have, 2¹⁶: every one of them becomes nodes of a graph.
  public static let maximumLayers = 1 << 16

  /// Makes a configuration.
  ///
  /// `keyValueHeads` defaults to `heads`, `headDimension` to `hidden / heads`.
  ///
  /// - Throws: ``ModelError`` for sizes outside 1...2⁴⁰, heads that do not divide `hidden` when no head dimension is
  ///   given, key-value heads that do not divide the heads, and more experts a token than there are.
  public init(
    name: String, layers: Int, hidden: Int, heads: Int, keyValueHeads: Int? = nil, headDimension: Int? = nil,
    ffn: Int, vocabulary: Int? = nil, maximumPositions: Int? = nil, gated: Bool = false,
    activation: Activation = .gelu, normalization: Normalization = .layerNorm, positions: Positions = .none,
    biases: Biases = .none, tiedEmbeddings: Bool = false, dropout: Bool = false,
    experts: Experts? = nil, head: Head = .languageModel, notes: [ModelNote] = []
  ) throws(ModelError) {
    let sizes: [(String, Int?)] = [
      ("layers", layers), ("hidden", hidden), ("heads", heads), ("keyValueHeads", keyValueHeads),
      ("headDimension", headDimension), ("ffn", ffn), ("vocabulary", vocabulary),
      ("maximumPositions", maximumPositions), ("experts", experts?.count), ("topK", experts?.topK),
    ]
    for (name, value) in sizes { if let value { try Extent.check(value, name) } }
    if layers > Self.maximumLayers { throw .tooLarge(name: "layers", limit: Self.maximumLayers) }
    if headDimension == nil {
      guard hidden.isMultiple(of: heads) else {
        throw .doesNotDivide(divisor: "heads", value: heads, dividend: "hidden", of: hidden)
      }
    }
    if let keyValueHeads, !heads.isMultiple(of: keyValueHeads) {
      throw .doesNotDivide(divisor: "keyValueHeads", value: keyValueHeads, dividend: "heads", of: heads)
    }
    if let experts, experts.topK > experts.count {
      throw .conflict(
        problem: "each token takes \(experts.topK) of \(experts.count) experts",
        remedy: "at most \(experts.count) are expected")
    }
    self.init(
      unchecked: name, layers: layers, hidden: hidden, heads: heads, keyValueHeads: keyValueHeads ?? heads,
      headDimension: headDimension ?? hidden / heads, ffn: ffn, vocabulary: vocabulary,
      maximumPositions: maximumPositions, gated: gated, activation: activation, normalization: normalization,
      positions: positions, biases: biases, tiedEmbeddings: tiedEmbeddings, dropout: dropout,
      experts: experts, head: head, notes: notes)
    try Extent.product([self.heads, self.headDimension], "heads × headDimension")
  }

  /// The built-in models' way in: their sizes are known to be legal.
  init(
    unchecked name: String, layers: Int, hidden: Int, heads: Int, keyValueHeads: Int, headDimension: Int, ffn: Int,
    vocabulary: Int?, maximumPositions: Int?, gated: Bool, activation: Activation, normalization: Normalization,
    positions: Positions, biases: Biases, tiedEmbeddings: Bool, dropout: Bool, experts: Experts?,
    head: Head = .languageModel, notes: [ModelNote] = []
  ) {
    self.name = name
    self.layers = layers
    self.hidden = hidden
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.ffn = ffn
    self.vocabulary = vocabulary
    self.maximumPositions = maximumPositions
    self.gated = gated
    self.activation = activation
    self.normalization = normalization
    self.positions = positions
    self.biases = biases
    // Nothing is tied to an embedding where there is no head.
    self.tiedEmbeddings = tiedEmbeddings && head == .languageModel
    self.dropout = dropout
    self.experts = experts
    self.head = head
    self.notes = notes
  }

  /// Columns of the product behind the layers that is worth its time: the vocabulary's tokens; nil where there is none.
  public var headColumns: Int? { head == .languageModel ? vocabulary : nil }
}

/// Checks of sizes: everything that becomes an extent of a shape lies in 1...2⁴⁰, and products never overflow.
enum Extent {
  static func check(_ value: Int, _ name: String) throws(ModelError) {
    if value < 1 { throw .notPositive(name: name, value: value) }
    if value > GEMMShape.maximumExtent { throw .tooLarge(name: name) }
  }

  /// The product of sizes that are legal themselves.
  @discardableResult
  static func product(_ factors: [Int], _ name: String) throws(ModelError) -> Int {
    var product = 1
    for factor in factors {
      let (value, overflow) = product.multipliedReportingOverflow(by: factor)
      if overflow || value > GEMMShape.maximumExtent { throw .tooLarge(name: name) }
      product = value
    }
    return product
  }
}
