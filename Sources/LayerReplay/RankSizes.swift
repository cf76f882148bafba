internal import GEMMTiming
internal import HostCalibration
internal import TransformerModels

/// The extents of one rank's layer, as its buffers have them.
struct RankSizes {
  let rank: Int
  let tp: Int
  let batch: Int
  /// Positions of a sequence that are computed, and all that they attend to.
  let queryLength: Int
  let keyLength: Int
  let hidden: Int
  let headDimension: Int
  /// Elements of each head that are turned by their position.
  let rotated: Int
  /// Query heads and key-value heads of this rank, and of the model.
  let heads: Int
  let keyValueHeads: Int
  let allKeyValueHeads: Int
  /// Whether one product makes queries, keys and values.
  let fusesProjections: Bool
  /// This rank's part of the elements between the two linear layers.
  let downWidth: Int
  let gated: Bool
  /// Whether norms have a shift beside their gain.
  let hasShift: Bool
  /// Whether positions see only those before them: in decoding there are no later ones.
  let isCausal: Bool
  /// Whether each layer keeps its keys and values.
  let keepsCache: Bool
  let experts: Experts?

  /// The experts that run.
  struct Experts {
    /// Experts that a router scores.
    let count: Int
    /// Experts of one token.
    let topK: Int
    /// Experts that have weights here, and the tokens that each gets.
    let visited: Int
    let rows: Int
  }

  var tokens: Int { batch * queryLength }
  /// Query heads that share a key head.
  var group: Int { heads / keyValueHeads }
  var queryWidth: Int { heads * headDimension }
  var keyValueWidth: Int { keyValueHeads * headDimension }
  /// Columns of the one product: queries, then keys, then values.
  var fusedWidth: Int { queryWidth + 2 * keyValueWidth }
  /// From one token's queries to the next one's, and the same of keys and of values.
  var queryStride: Int { fusesProjections ? fusedWidth : queryWidth }
  var keyValueStride: Int { fusesProjections ? fusedWidth : keyValueWidth }
  var upWidth: Int { downWidth * (gated ? 2 : 1) }
  /// Rows of one product of attention: the positions of all heads that share a key head.
  var scoreRows: Int { group * queryLength }
  /// The first query head and key-value head of this rank.
  var firstHead: Int { rank * heads }
  var firstKeyValueHead: Int { rank * heads / (heads * tp / allKeyValueHeads) }
  /// Rows of the MLP's products, over all experts.
  var mlpRows: Int { experts.map { $0.rows * $0.visited } ?? tokens }
  /// Whether heads must be brought together: of one position they lie side by side already.
  var movesHeads: Bool { queryLength > 1 }
  /// From one sequence's queries to the next one's, where attention finds them.
  var querySequenceStride: Int { movesHeads ? queryLength * queryWidth : queryStride }

  /// The extents of one rank of a plan.
  ///
  /// - Throws: ``ReplayError`` for extents that the library does not take.
  init(_ request: ReplayRequest, layer: LayerGraph) throws(ReplayError) {
    (rank, tp, batch) = (request.rank, request.tp, request.batch)
    let options = request.options
    queryLength = options.work == .decode ? 1 : request.sequence
    keyLength = request.sequence
    (hidden, headDimension, rotated) = (request.hidden, request.headDimension, request.rotated)
    heads = request.heads / tp
    keyValueHeads = max(1, request.keyValueHeads / tp)
    allKeyValueHeads = request.keyValueHeads
    fusesProjections = layer.operation(.queryKeyValue) != nil
    downWidth = request.ffn / tp
    gated = request.gated
    hasShift = request.normalization == ModelConfiguration.Normalization.layerNorm.rawValue
    isCausal = options.work != .decode
    keepsCache = options.work != .forward
    let up = layer.operation(.up)?.shape
    experts =
      if let count = request.expertCount, let topK = request.expertsOfToken {
        Experts(count: count, topK: topK, visited: up?.batch ?? 1, rows: up?.m ?? 1)
      } else { nil }
    for operation in layer.gemms {
      guard let shape = operation.shape else { continue }
      if let extent = [shape.m, shape.k, shape.n].first(where: { $0 > MatrixProduct.maximumExtent }) {
        throw .notRun("\(operation.name) \(shape): an extent of \(extent) is more than OpenBLAS takes")
      }
    }
  }

  /// The product that an operation is here; nil where it is none.
  func product(_ operation: ReplayedOperation) -> (m: Int, k: Int, n: Int, batch: Int)? {
    switch operation {
    case .queryKeyValue: (tokens, hidden, fusedWidth, 1)
    case .query: (tokens, hidden, queryWidth, 1)
    case .key, .value: (tokens, hidden, keyValueWidth, 1)
    case .score: (scoreRows, headDimension, keyLength, batch * keyValueHeads)
    case .weightedSum: (scoreRows, keyLength, headDimension, batch * keyValueHeads)
    case .projection: (tokens, queryWidth, hidden, 1)
    case .router: (tokens, hidden, experts?.count ?? 1, 1)
    case .up: (experts?.rows ?? tokens, hidden, upWidth, experts?.visited ?? 1)
    case .down: (experts?.rows ?? tokens, downWidth, hidden, experts?.visited ?? 1)
    default: nil
    }
  }
}
