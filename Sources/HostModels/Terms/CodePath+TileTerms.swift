/// The terms of register tiles: Nₐ·N_b·k multiply-adds for each pair of widths.
extension CodePath {
  @inline(__always)
  static func visitTileTerms(_ cut: BlockCut, _ body: (TermGroup, Double) -> Void) {
    for (width, columns) in cut.columns.enumerated() {
      for rows in cut.rows(besideWidth: width) { body(.tiles, rows * columns * cut.k) }
    }
  }
}
