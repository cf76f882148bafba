/// One layer of a model: branches of the residual stream, one after the other.
public struct TransformerLayer: Hashable, Sendable {
  /// Where the norms of a branch stand.
  public enum Norms: String, Hashable, Sendable {
    /// In front of the blocks.
    case before
    /// Behind them, before their output is added to the stream.
    case after
    /// Both.
    case both
    /// Behind the sum with the stream.
    case behindSum
  }

  /// A part of the stream that leaves it, passes one or several blocks side by side, and is added to it again.
  public struct Branch: Hashable, Sendable {
    /// Blocks that take the same input; their outputs are added.
    var blocks: [AnyBlock]
    var norms = Norms.before
    /// Whether each of several blocks has a norm of its own in front of it.
    var hasNormForEach = false

    /// Blocks side by side.
    public init(_ blocks: any LayerPart..., norms: Norms = .before, hasNormForEach: Bool = false) {
      self.blocks = blocks.map(\.anyBlock)
      self.norms = norms
      self.hasNormForEach = hasNormForEach
    }
  }

  var branches: [Branch]

  /// Branches in order.
  public init(_ branches: [Branch]) { self.branches = branches }

  /// Attention, then an MLP, each with a norm.
  public init(_ attention: any LayerPart, _ mlp: any LayerPart, norms: Norms = .before) {
    self.init([Branch(attention, norms: norms), Branch(mlp, norms: norms)])
  }

  /// All blocks of the layer.
  var blocks: [any LayerBlock] { branches.flatMap { $0.blocks.map(\.block) } }

  /// The first block of a kind.
  func block<Block: LayerBlock>(_ kind: Block.Type = Block.self) -> Block? {
    blocks.lazy.compactMap { $0 as? Block }.first
  }
}

/// A model's layers in order: runs of equal ones.
public struct LayerStack: Hashable, Sendable {
  /// Equal layers that follow each other.
  struct Run: Hashable, Sendable {
    var count: Int
    let kind: Int
  }

  /// The different layers, by their first place.
  public private(set) var kinds: [TransformerLayer] = []
  private(set) var runs: [Run] = []

  /// So many equal layers.
  public init(_ layer: TransformerLayer, count: Int) { append(layer, count: count) }

  /// Layers one by one.
  public init(_ layers: some Sequence<TransformerLayer>) {
    for layer in layers { append(layer) }
  }

  /// Puts layers behind those that are there.
  mutating func append(_ layer: TransformerLayer, count: Int = 1) {
    let kind = kinds.firstIndex(of: layer) ?? kinds.count
    if kind == kinds.count { kinds.append(layer) }
    if let last = runs.indices.last, runs[last].kind == kind {
      runs[last].count += count
    } else {
      runs.append(Run(count: count, kind: kind))
    }
  }

  /// How many layers there are.
  var count: Int { runs.reduce(0) { $0 + $1.count } }

  /// The runs of a stretch of the layers.
  func runs(in range: Range<Int>) -> [Run] {
    var first = 0
    var found: [Run] = []
    for run in runs {
      let part = range.clamped(to: first..<first + run.count)
      if !part.isEmpty { found.append(Run(count: part.count, kind: run.kind)) }
      first += run.count
    }
    return found
  }

  /// How many layers of each kind there are in a stretch.
  func counts(in range: Range<Int>) -> [Int] {
    var counts = [Int](repeating: 0, count: kinds.count)
    for run in runs(in: range) { counts[run.kind] += run.count }
    return counts
  }

  /// How many layers of each kind there are.
  var counts: [Int] { counts(in: 0..<count) }
}

extension TransformerLayer {
  /// Elements of queries and of weighted values together: 2 flops each for every position that is looked at.
  var scoreWidth: Double { blocks.reduce(0) { $0 + Double($1.scoreWidth) } }
}
