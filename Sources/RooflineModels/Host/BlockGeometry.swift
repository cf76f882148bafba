/// How a blocked GEMM cuts its operands: the register tiles, the depth of a packed block, and the cache sizes at which
/// operands move outwards.
///
/// After Goto and van de Geijn, *Anatomy of High-Performance Matrix Multiplication*, ACM TOMS 34(3), 2008: C is
/// computed in register tiles of a few rows and columns; what a full tile leaves over is computed in narrower ones.
struct BlockGeometry: Hashable, Sendable {
  /// Widths of the register tile along m, the widest first; what is left over takes the next, and the last is padded.
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
    return panels.enumerated().map { position, width in
      let count = (rest / Double(width)).rounded(position == panels.count - 1 ? .up : .down)
      rest -= count * Double(width)
      return count
    }
  }

  /// The widths that enough different extents make use of; at least one.
  ///
  /// The cost of a width that no row shows would be fitted to nothing, and come out as free.
  static func supported(_ panels: [Int], by extents: Set<Double>) -> [Int] {
    let enough = min(3, extents.count)
    let all = extents.map { counts($0, panels) }
    let used = panels.indices.filter { index in all.count { $0[index] > 0 } >= enough }
    guard let narrowest = used.isEmpty ? panels.last : nil else { return used.map { panels[$0] } }
    return [narrowest]
  }

  /// The share of the panels that are of each width but the first: where in the staircase an extent stands.
  static func shares(_ extent: Double, _ panels: [Int]) -> [Double] {
    let counts = counts(extent, panels)
    let total = counts.reduce(0, +)
    return counts.dropFirst().map { $0 / max(total, 1) }
  }
}
