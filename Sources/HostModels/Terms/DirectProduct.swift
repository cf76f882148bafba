/// What a kernel that computes C from A and B where they lie goes through for one shape.
struct DirectProduct {
  let cut: BlockCut
  /// Bytes of an element.
  let elementSize: Double
  /// The share of the vectors in rows of n elements, and of k, that lie across two cache lines.
  let acrossN: Double
  let acrossK: Double
  /// Vectors that a row of A or of the transposed copy is cut into.
  let depthVectors: Double
  /// How many blocks of each of `innerWidths` columns are computed as inner products, and how many in all.
  let innerBlocks: PanelCounts
  let innerCount: Double
  /// How many panels of rows go with them, of 4, 2 and 1 rows.
  let innerRows: PanelCounts

  /// Columns of inner products that are computed at once.
  static let innerWidths = [4, 2, 1]
  /// Vectors of the strips of ``BlockGeometry/wholeVectors`` columns and of the masked one.
  static let stripVectors = [4.0, 2, 1, 1]

  /// O(panel widths).
  init(_ cut: BlockCut, elementSize: Double) {
    self.cut = cut
    self.elementSize = elementSize
    acrossN = 1 - CodePath.alignment(cut.n)
    acrossK = 1 - CodePath.alignment(cut.k)
    depthVectors = (cut.k / BlockGeometry.vectorColumns).rounded(.up)
    innerBlocks = BlockGeometry.counts(cut.innerColumns, Self.innerWidths)
    innerCount = innerBlocks.reduce(0, +)
    innerRows = BlockGeometry.counts(cut.m, BlockGeometry.innerRows)
  }

  /// Vectors that the strips of four of them, and the narrower ones, have in a row.
  var wideVectors: Double { Self.stripVectors[0] * cut.columns[0] }
  var narrowVectors: Double {
    zip(cut.columns, Self.stripVectors).dropFirst().reduce(0) { $0 + $1.0 * $1.1 }
  }
  /// The bytes of all operands.
  var bytes: Double { elementSize * (cut.m * cut.k + cut.k * cut.n + cut.m * cut.n) }

  /// Cache lines that one strip touches in each row of B and C: one more where its vectors lie across two, and no more than
  /// the row has.
  func lines(strip: Int) -> Double {
    min(Self.stripVectors[strip] + acrossN, cut.n / BlockGeometry.vectorColumns)
  }

  /// Cache lines that all strips touch in each row of B and C.
  var stripLines: Double {
    cut.columns.enumerated().reduce(0) { $0 + $1.element * lines(strip: $1.offset) }
  }
}
