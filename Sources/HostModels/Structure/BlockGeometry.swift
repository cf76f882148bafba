/// How a blocked GEMM cuts its operands: the register tiles, the depth of a packed block, and who computes what.
///
/// After Goto and van de Geijn, *Anatomy of High-Performance Matrix Multiplication*, ACM TOMS 34(3), 2008: C is
/// computed in register tiles of a few rows and columns; what a full tile leaves over is computed in narrower ones.
struct BlockGeometry: Hashable, Sendable, Codable {
  /// How the columns that whole vectors leave over are computed.
  enum ColumnRest: String, Hashable, Sendable, Codable {
    /// In panels of the narrower widths.
    case narrowPanels
    /// In one vector with the columns beyond the edge masked; up to half a vector of columns and from a depth of two
    /// vectors on, as inner products along k of a transposed copy. So do OpenBLAS's small-matrix kernels for AVX-512
    /// (kernel/x86_64/sgemm_small_kernel_nn_skylakex.c in 0.3.21), with rows as in `wideStripRows`, `stripRows` and
    /// `innerRows`.
    case innerProducts
  }

  /// Widths of the register tile along m, the widest first; what is left over takes the next, and the last is padded.
  var rowPanels: [Int]
  /// Widths of the register tile along n.
  var columnPanels: [Int]
  /// The depth in k of one packed block: C is read and written once a block.
  var depth: Int
  /// What becomes of the columns that `columnPanels` leave over.
  var rest = ColumnRest.narrowPanels
  /// How many threads share the columns, each packing a part of the rows for all (OpenBLAS's
  /// driver/level3/level3_thread.c); 1 where a product is not shared.
  var sharing = 1

  /// Panels that kernels use: vectors of 4, 8 and 16, three or six of them unrolled, halves for what is left over.
  static let panelChoices: [[Int]] = [
    [4, 2, 1], [6, 4, 2, 1], [8, 4, 2, 1], [12, 4, 2, 1], [16, 8, 4, 2, 1], [24, 12, 4, 2, 1], [32, 16, 8, 4, 2, 1],
    [48, 16, 8, 4, 2, 1], [64, 32, 16, 8, 4, 2, 1],
  ]

  /// The columns of a vector of fp32, of which inner products take up to half, and the least depth for them.
  static let vectorColumns = 16.0
  static let innerColumns = 8.0
  static let innerDepth = 32.0
  /// Column panels of whole vectors, as they go with `ColumnRest.innerProducts`.
  static let wholeVectors = [64, 32, 16]
  /// The rows that go with them: with four vectors of columns, with fewer or a masked one, and in inner products.
  static let wideStripRows = [4, 2, 1]
  static let stripRows = [6, 2, 1]
  static let innerRows = [4, 2, 1]
  /// The fewest columns for which threads share them; fewer have their rows shared.
  static let leastColumnsAThread = 2.0

  /// Depths of a packed block, OpenBLAS's and others'.
  static let depthChoices = [128, 256, 320, 448, 640]

  /// The geometry that a search begins with.
  static let initial = BlockGeometry(rowPanels: [4, 2, 1], columnPanels: [8, 4, 2, 1], depth: 256)

  /// How many blocks k is cut into.
  func blockCount(_ k: Double) -> Double { (k / Double(depth)).rounded(.up) }

  /// The depth of the deepest block that k is cut into: what is left of less than two blocks is halved.
  func blockDepth(_ k: Double) -> Double {
    let depth = Double(depth)
    return k >= 2 * depth ? depth : k > depth ? (k / 2).rounded(.up) : k
  }

  /// How many panels of each width an extent is cut into.
  static func counts(_ extent: Double, _ panels: [Int]) -> PanelCounts {
    var rest = extent
    var counts = PanelCounts(widths: panels.count)
    for position in counts.indices {
      let width = Double(panels[position])
      counts[position] = (rest / width).rounded(position == panels.count - 1 ? .up : .down)
      rest -= counts[position] * width
    }
    return counts
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

  /// Whether enough different extents leave rests that inner products would take, and enough others that they would not.
  static func showInnerProducts(_ extents: Set<Double>) -> Bool {
    let rests = extents.map { $0.truncatingRemainder(dividingBy: vectorColumns) }.filter { $0 > 0 }
    let inner = rests.count { $0 <= innerColumns }
    return inner >= 3 && rests.count - inner >= 3
  }
}
