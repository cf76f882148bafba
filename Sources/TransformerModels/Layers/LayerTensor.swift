/// A value inside a layer, as one GPU holds it for one micro-batch.
struct LayerTensor: Hashable, Sendable {
  /// What a tensor counts as where memory is told by kind.
  enum Kind: Sendable { case stream, scores, other }

  /// Tells values of one layer apart.
  let id: Int
  /// Elements on this GPU.
  let elements: Double
  /// Bytes of an element.
  let size: Double
  let kind: Kind

  var bytes: Double { elements * size }
}

/// The matrix of a linear layer, or of one in each of several experts.
struct LayerWeight: Hashable, Sendable {
  /// How tensor parallelism cuts it.
  enum Cut: Sendable { case whole, columns, rows }

  /// The extents of the whole matrix: inputs and outputs.
  let rows, columns: Int
  /// The same of this GPU's part.
  let rankRows, rankColumns: Int
  let cut: Cut
  let bias: Bool
  /// Matrices of a layer, those on this GPU, and those that one token passes through.
  var count = 1.0, rankCount = 1.0, active = 1.0
  /// Whether replicas share the matrices out, as they do with experts.
  var isExpert = false
  /// Whether it is stored in the activations' type, whatever the other weights' is.
  var isPlain = false

  /// Parameters of the whole layer, of this GPU, and of those a token passes through.
  var parameters: Double { count * one }
  var rankParameters: Double {
    rankCount * (Double(rankRows) * Double(rankColumns) + (bias ? Double(rankColumns) : 0))
  }
  var activeParameters: Double { active * one }

  private var one: Double { Double(rows) * Double(columns) + (bias ? Double(columns) : 0) }
}

/// Parameters beside the linear layers': gains and shifts of norms, filters, decays.
struct LayerVector: Hashable, Sendable {
  let parameters: Double
  /// Those that this GPU holds.
  let rankParameters: Double
}

/// What a layer keeps of earlier positions of a sequence.
struct LayerCache: Hashable, Sendable {
  /// Elements of one position on this GPU.
  let elementsPerPosition: Double
  /// The most positions that are kept; nil for all.
  let window: Int?
  /// Bytes that do not grow with the sequence: the states of recurrences.
  let stateBytes: Double
}
