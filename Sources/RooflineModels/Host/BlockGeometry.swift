/// How a blocked GEMM cuts its operands: the register tiles, the depth of a packed block, and the cache sizes at which
/// operands move outwards.
///
/// After Goto and van de Geijn, *Anatomy of High-Performance Matrix Multiplication*, ACM TOMS 34(3), 2008: C is
/// computed in register tiles of a few rows and columns; what a full tile leaves over is computed in narrower ones.
struct BlockGeometry: Hashable, Sendable {
  /// Widths of the register tile along m, the widest first, ending in 1; what is left over takes the next.
  var rowPanels: [Int]
  /// Widths of the register tile along n.
  var columnPanels: [Int]
  /// The depth in k of one packed block: C is read and written once a block.
  var depth: Int
  /// Panels that kernels use: vectors of 4, 8 and 16, three or six of them unrolled, halves for what is left over.
  static let panelChoices: [[Int]] = [
    [4, 2, 1], [6, 4, 2, 1], [8, 4, 2, 1], [12, 4, 2, 1], [16, 8, 4, 2, 1], [24, 12, 4, 2, 1], [32, 16, 8, 4, 2, 1],
    [48, 16, 8, 4, 2, 1], [64, 32, 16, 8, 4, 2, 1],
  ]

  /// Depths of a packed block, OpenBLAS's and others'.
  static let depthChoices = [128, 256, 320, 448, 640]

  /// The geometry that a search begins with.
  static let initial = BlockGeometry(rowPanels: [4, 2, 1], columnPanels: [8, 4, 2, 1], depth: 256)

  /// How many panels of each width an extent is cut into.
  static func counts(_ extent: Double, _ panels: [Int]) -> [Double] {
    var rest = extent
    return panels.map { width in
      let count = (rest / Double(width)).rounded(.down)
      rest -= count * Double(width)
      return count
    }
  }

  /// The share of the panels that are of each width but the first: where in the staircase an extent stands.
  static func shares(_ extent: Double, _ panels: [Int]) -> [Double] {
    let counts = counts(extent, panels)
    let total = counts.reduce(0, +)
    return counts.dropFirst().map { $0 / max(total, 1) }
  }
}
