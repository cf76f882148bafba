/// What the busiest thread computes of one GEMM, in panels of a geometry.
struct BlockCut {
  /// The extents of that thread's part: k is never split.
  let m: Double
  let k: Double
  let n: Double
  /// How many panels of each width its rows are cut into.
  let rows: PanelCounts
  /// The same beside the widest columns; other than `rows` with `ColumnRest.innerProducts` alone.
  let wideRows: PanelCounts
  /// How many panels of each width its columns are cut into; with `ColumnRest.innerProducts` a last one for the masked
  /// vector.
  let columns: PanelCounts
  /// How many columns are computed as inner products.
  let innerColumns: Double
  /// Whether threads share the columns.
  let sharesColumns: Bool

  /// Cuts one GEMM.
  ///
  /// O(panel widths).
  init(m: Double, k: Double, n: Double, geometry: BlockGeometry) {
    self.k = k
    if geometry.sharing > 1 {
      let threads = Double(geometry.sharing)
      sharesColumns = n >= BlockGeometry.leastColumnsAThread * threads
      innerColumns = 0
      let share = ((sharesColumns ? n : m) / threads).rounded(.up)
      self.n = sharesColumns ? share : n
      self.m = sharesColumns ? m : share
      rows = Self.sharedRows(m, threads: threads, of: sharesColumns ? threads : 1, panels: geometry.rowPanels)
      wideRows = rows
      let first = BlockGeometry.counts(self.n, geometry.columnPanels)
      let last = BlockGeometry.counts(
        sharesColumns ? max(n - share * (threads - 1), 1) : n, geometry.columnPanels)
      columns =
        Self.effort(last, geometry.columnPanels) > Self.effort(first, geometry.columnPanels) ? last : first
      return
    }
    (self.m, self.n) = (m, n)
    sharesColumns = false
    rows = BlockGeometry.counts(m, geometry.rowPanels)
    switch geometry.rest {
    case .narrowPanels:
      wideRows = rows
      columns = BlockGeometry.counts(n, geometry.columnPanels)
      innerColumns = 0
    case .innerProducts:
      wideRows = BlockGeometry.counts(m, BlockGeometry.wideStripRows)
      let whole = (n / BlockGeometry.vectorColumns).rounded(.down) * BlockGeometry.vectorColumns
      let rest = n - whole
      let areInner = rest > 0 && rest <= BlockGeometry.innerColumns && k >= BlockGeometry.innerDepth
      innerColumns = areInner ? rest : 0
      columns = BlockGeometry.counts(whole, geometry.columnPanels).appending(rest > 0 && !areInner ? 1 : 0)
    }
  }

  /// The rows' panels beside the columns of one width.
  func rows(besideWidth index: Int) -> PanelCounts { index == 0 ? wideRows : rows }

  /// The panels of the rows that `parts` of the threads pack: each packs its share in two pieces, which no panel spans.
  private static func sharedRows(_ m: Double, threads: Double, of parts: Double, panels: [Int]) -> PanelCounts {
    let least = (m / threads).rounded(.down)
    let larger = m - least * threads
    var total = PanelCounts(widths: panels.count)
    // Of all threads, the first `larger` have a row more; of one thread, the first.
    let shares: [(share: Double, times: Double)] =
      parts > 1 ? [(least + 1, larger), (least, parts - larger)] : [(larger > 0 ? least + 1 : least, 1)]
    for (share, times) in shares where times > 0 && share > 0 {
      let half = (share / 2).rounded(.up)
      for piece in [half, share - half] where piece > 0 {
        for (index, count) in BlockGeometry.counts(piece, panels).enumerated() { total[index] += times * count }
      }
    }
    return total
  }

  /// About how long panels take, to tell which of two threads is the busier: a panel narrower than a vector takes more
  /// than its share of the vector's time.
  private static func effort(_ counts: PanelCounts, _ panels: [Int]) -> Double {
    zip(counts, panels).reduce(0) { sum, panel in
      let vectors = Double(panel.1) / BlockGeometry.vectorColumns
      return sum + panel.0 * (vectors >= 1 ? vectors : 0.35 + 0.65 * vectors)
    }
  }

  /// The share of the panels that are of each width but the first: where in the staircase an extent stands.
  static func shares(_ counts: PanelCounts) -> [Double] {
    let total = counts.reduce(0, +)
    return counts.dropFirst().map { $0 / max(total, 1) }
  }
}
