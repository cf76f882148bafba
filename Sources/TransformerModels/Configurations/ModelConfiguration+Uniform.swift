extension ModelConfiguration {
  /// How positions enter a model of equal layers.
  public enum Positions: String, Sendable, CaseIterable { case none, learned, rotary }

  /// A model of equal layers: attention whose heads share keys, then an MLP or a mixture of them.
  ///
  /// `keyValueHeads` defaults to `heads`, `headDimension` to `hidden / heads`. Rotary positions turn the first
  /// `rotated` elements of each head, all of them unless told otherwise.
  ///
  /// - Throws: ``ModelError`` for sizes outside 1...2⁴⁰, heads that do not divide `hidden` when no head dimension is
  ///   given, key-value heads that do not divide the heads, more rotated elements than a head has, and more experts a
  ///   token than there are.
  public init(
    name: String, layers: Int, hidden: Int, heads: Int, keyValueHeads: Int? = nil, headDimension: Int? = nil,
    ffn: Int, vocabulary: Int? = nil, maximumPositions: Int? = nil, gated: Bool = false,
    activation: DenseMLP.Activation = .gelu, normalization: Normalization = .layerNorm, positions: Positions = .none,
    rotated: Int? = nil, hasBiases: Bool = false, tiedEmbeddings: Bool = false, dropout: Bool = false,
    experts: (count: Int, topK: Int)? = nil, separateProjections: Bool = false, notes: [ModelNote] = []
  ) throws(ModelError) {
    try Extent.check(["layers": layers, "hidden": hidden])
    var attention = try GroupedQueryAttention(
      hidden: hidden, heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension)
    (attention.hasBias, attention.hasOutputBias) = (hasBiases, hasBiases)
    let turned = rotated ?? attention.headDimension
    guard (0...attention.headDimension).contains(turned) else {
      throw .conflict(
        problem: "rotary positions turn \(turned) elements of each head, which has \(attention.headDimension)",
        remedy: "at most all of them are expected")
    }
    attention.rotated = positions == .rotary ? turned : 0
    attention.hasSeparateProjections = separateProjections
    let mlp = try DenseMLP(
      checked: ffn, isGated: gated, activation: activation, hasBias: hasBiases)
    let last: any LayerBlock =
      if let experts { try ExpertMLP(checked: experts.count, topK: experts.topK, expert: mlp) } else { mlp }
    var ends = Ends()
    ends.vocabulary = vocabulary
    ends.positionRows = positions == .learned ? maximumPositions ?? 0 : 0
    ends.isTied = tiedEmbeddings
    try self.init(
      name: name, hidden: hidden, stack: LayerStack(TransformerLayer(attention, last), count: layers),
      normalization: normalization, ends: ends, maximumPositions: maximumPositions, dropout: dropout, notes: notes)
  }

  /// The reference: a stack of 16 layers without embedding and head.
  ///
  /// Source: the DAG runtime analysis report that this project implements.
  public static let reference: ModelConfiguration = {
    let (hidden, heads) = (8192, 16)
    var attention = GroupedQueryAttention(heads: heads, keyValueHeads: heads, headDimension: hidden / heads)
    attention.hasSeparateProjections = true
    let layer = TransformerLayer(attention, DenseMLP(width: 4 * hidden, isGated: false, activation: .gelu))
    // These sizes are legal: nothing is thrown.
    let weights = try? LayerWeights(of: layer, hidden: hidden, normalization: .layerNorm)
    return ModelConfiguration(
      unchecked: "reference", hidden: hidden, stack: LayerStack(layer, count: 16), normalization: .layerNorm,
      ends: Ends(), maximumPositions: nil, dropout: false, notes: [], storage: ModelStorage(),
      layers: [weights ?? LayerWeights()])
  }()
}

extension GroupedQueryAttention {
  /// Heads that have been checked.
  ///
  /// - Throws: ``ModelError`` for sizes outside 1...2⁴⁰, heads that do not divide `hidden` when no head dimension is
  ///   given, and key-value heads that do not divide the heads.
  public init(hidden: Int, heads: Int, keyValueHeads: Int?, headDimension: Int? = nil) throws(ModelError) {
    try Extent.check(["heads": heads, "keyValueHeads": keyValueHeads, "headDimension": headDimension])
    if headDimension == nil, !hidden.isMultiple(of: heads) {
      throw .doesNotDivide(divisor: "heads", value: heads, dividend: "hidden", of: hidden)
    }
    if let keyValueHeads, !heads.isMultiple(of: keyValueHeads) {
      throw .doesNotDivide(divisor: "keyValueHeads", value: keyValueHeads, dividend: "heads", of: heads)
    }
    self.init(heads: heads, keyValueHeads: keyValueHeads ?? heads, headDimension: headDimension ?? hidden / heads)
    try Extent.product([heads, self.headDimension], "heads × headDimension")
  }
}

extension DenseMLP {
  /// An MLP whose size has been checked.
  ///
  /// - Throws: ``ModelError`` for a width outside 1...2⁴⁰.
  public init(checked width: Int, isGated: Bool, activation: Activation, hasBias: Bool = false) throws(ModelError) {
    try Extent.check(width, "ffn")
    self.init(width: width, isGated: isGated, activation: activation, hasBias: hasBias)
  }
}

extension ExpertMLP {
  /// Experts whose numbers have been checked.
  ///
  /// - Throws: ``ModelError`` for numbers outside 1...2⁴⁰, and more experts a token than there are.
  public init(checked count: Int, topK: Int, expert: DenseMLP) throws(ModelError) {
    try Extent.check(["experts": count, "topK": topK])
    guard topK <= count else {
      throw .conflict(
        problem: "each token takes \(topK) of \(count) experts", remedy: "at most \(count) are expected")
    }
    self.init(count: count, topK: topK, expert: expert)
  }
}
