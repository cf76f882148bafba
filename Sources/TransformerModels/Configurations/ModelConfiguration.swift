internal import GEMMTiming

/// The architecture of a transformer: everything that its operations' shapes follow from.
public struct ModelConfiguration: Hashable, Sendable {
  /// The norms in front of blocks, and behind the last layer.
  public enum Normalization: String, Sendable, CaseIterable {
    case layerNorm = "layer_norm"
    /// A layer norm whose weights are gains alone.
    case gainLayerNorm = "gain_layer_norm"
    case rmsNorm = "rms_norm"
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

  /// What stands around the layers.
  public struct Ends: Hashable, Sendable {
    /// Tokens of the vocabulary; nil for a bare stack of layers without embedding and head.
    public var vocabulary: Int?
    /// Rows of a learned table of positions.
    public var positionRows = 0
    /// Elements of an embedding where they are not `hidden`: a product on either end brings them to it and back.
    public var embeddingWidth: Int?
    /// Whether a norm stands behind the embedding, and behind the last layer.
    public var hasEmbeddingNorm = false, hasFinalNorm = true
    /// Whether the head uses the embedding's weights.
    public var isTied = false
    /// What stands behind the layers.
    public var head = Head.languageModel
    /// Whether the head has a bias.
    public var hasHeadBias = false
    /// How many times more the final norm and the head are passed, by layers that predict further tokens.
    public var furtherHeads = 0

    /// Nothing but a final norm.
    public init() {}
  }

  /// The model's name.
  public let name: String
  /// Elements of the residual stream.
  public let hidden: Int
  /// The layers.
  public let stack: LayerStack
  /// The norm of each branch.
  public let normalization: Normalization
  /// What stands around the layers.
  public let ends: Ends
  /// The longest sequence that the model was made for; nil where none is stated.
  public let maximumPositions: Int?
  /// Whether training drops attention weights and block outputs at random.
  public let dropout: Bool
  /// What the model's file says beyond that; empty for built-in models.
  public let notes: [ModelNote]
  /// How the model's file says that numbers are stored.
  public let storage: ModelStorage
  /// All weights, and those that a token passes through: fewer in a mixture of experts.
  public let parameters, activeParameters: Double

  /// The most layers that a model may have, 2¹⁶: every one of them becomes nodes of a graph.
  public static let maximumLayers = 1 << 16

  /// A model of the given layers.
  ///
  /// - Throws: ``ModelError`` for sizes outside 1...2⁴⁰.
  public init(
    name: String, hidden: Int, stack: LayerStack, normalization: Normalization, ends: Ends,
    maximumPositions: Int? = nil, dropout: Bool = false, notes: [ModelNote] = [], storage: ModelStorage = ModelStorage()
  ) throws(ModelError) {
    try Extent.check([
      "layers": stack.count, "hidden": hidden, "vocabulary": ends.vocabulary, "maximumPositions": maximumPositions,
    ])
    if stack.count > Self.maximumLayers { throw .tooLarge(name: "layers", limit: Self.maximumLayers) }
    self.init(
      unchecked: name, hidden: hidden, stack: stack, normalization: normalization, ends: ends,
      maximumPositions: maximumPositions, dropout: dropout, notes: notes, storage: storage,
      layers: try stack.kinds.map { kind throws(ModelError) in
        try LayerWeights(of: kind, hidden: hidden, normalization: normalization)
      })
  }

  /// The same with the weights of each kind of layer at hand.
  init(
    unchecked name: String, hidden: Int, stack: LayerStack, normalization: Normalization, ends: Ends,
    maximumPositions: Int?, dropout: Bool, notes: [ModelNote], storage: ModelStorage, layers: [LayerWeights]
  ) {
    self.name = name
    self.hidden = hidden
    self.stack = stack
    self.normalization = normalization
    var ends = ends
    // Nothing is tied to an embedding where there is no head.
    ends.isTied = ends.isTied && ends.head == .languageModel
    self.ends = ends
    self.maximumPositions = maximumPositions
    self.dropout = dropout
    self.notes = notes
    self.storage = storage
    let around = ends.embeddingParameters(hidden, normalization) + ends.headParameters(hidden, normalization)
    let counts = stack.counts.map(Double.init)
    parameters = zip(counts, layers).reduce(around) { $0 + $1.0 * $1.1.parameters }
    activeParameters = zip(counts, layers).reduce(around) { $0 + $1.0 * $1.1.active }
  }

  /// How many layers there are.
  public var layers: Int { stack.count }

  /// Tokens of the vocabulary; nil for a bare stack.
  public var vocabulary: Int? { ends.vocabulary }

  /// Whether the head uses the embedding's weights.
  public var tiedEmbeddings: Bool { ends.isTied }

  /// Columns of the product behind the layers that is worth its time: the vocabulary's tokens; nil where there is none.
  public var headColumns: Int? { ends.head == .languageModel ? vocabulary : nil }

  /// The first attention whose heads share keys; nil where there is none.
  public var attention: GroupedQueryAttention? { first() }
  /// The first MLP, or one of the first experts; nil where there is none.
  public var mlp: DenseMLP? { experts?.expert ?? first() }

  /// The first mixture of experts; nil where there is none.
  public var experts: ExpertMLP? { first() }

  private func first<Block: LayerBlock>() -> Block? {
    stack.kinds.lazy.compactMap { $0.block(Block.self) }.first
  }
}

extension ModelConfiguration.Ends {
  /// Weights of the embedding with what stands behind it; 0 without a vocabulary.
  func embeddingParameters(_ hidden: Int, _ normalization: ModelConfiguration.Normalization) -> Double {
    guard let vocabulary else { return 0 }
    return Double(vocabulary) * Double(embeddingWidth ?? hidden) + Double(positionRows) * Double(hidden)
      + (hasEmbeddingNorm ? normalization.parameters(hidden) : 0) + projection(hidden)
  }

  /// Weights of the final norm and of the head, unless the head is the embedding.
  func headParameters(_ hidden: Int, _ normalization: ModelConfiguration.Normalization) -> Double {
    guard let vocabulary else { return 0 }
    let columns =
      switch head {
      case .languageModel: isTied ? 0 : Double(vocabulary)
      case .classifier(let labels): Double(labels)
      case .none: 0.0
      }
    // Each prediction has a norm of its own, and all share the head.
    let norms = Double(1 + furtherHeads) * (hasFinalNorm ? normalization.parameters(hidden) : 0)
    return norms + projection(hidden)
      + columns * Double(embeddingWidth ?? hidden) + (hasHeadBias ? Double(vocabulary) : 0)
  }

  /// Weights of the product between an embedding of its own width and the stream.
  private func projection(_ hidden: Int) -> Double {
    embeddingWidth.map { $0 == hidden ? 0 : Double($0) * Double(hidden) } ?? 0
  }
}

extension LayerWeights {
  /// The weights of a layer on one GPU, which has all of them.
  init(
    of layer: TransformerLayer, hidden: Int, normalization: ModelConfiguration.Normalization
  ) throws(ModelError) {
    var builder = LayerBuilder(LayerSetting(hidden: hidden, normalization: normalization))
    var stream = builder.input()
    for branch in layer.branches { stream = try builder.branch(branch, stream) }
    self.init(builder)
  }
}

/// Checks of sizes: everything that becomes an extent of a shape lies in 1...2⁴⁰, and products never overflow.
public enum Extent {
  /// One size.
  ///
  /// - Throws: ``ModelError`` for a size outside 1...2⁴⁰.
  public static func check(_ value: Int, _ name: String) throws(ModelError) {
    if value < 1 { throw .notPositive(name: name, value: value) }
    if value > GEMMShape.maximumExtent { throw .tooLarge(name: name) }
  }

  /// Several sizes by name, in order; what is absent needs no check.
  static func check(_ sizes: KeyValuePairs<String, Int?>) throws(ModelError) {
    for case (let name, let value?) in sizes { try check(value, name) }
  }

  /// The product of sizes that are legal themselves.
  ///
  /// - Throws: ``ModelError`` for a product beyond 2⁴⁰.
  @discardableResult
  public static func product(_ factors: [Int], _ name: String) throws(ModelError) -> Int {
    var product = 1
    for factor in factors {
      let (value, overflow) = product.multipliedReportingOverflow(by: factor)
      if overflow || value > GEMMShape.maximumExtent { throw .tooLarge(name: name) }
      product = value
    }
    return product
  }
}
