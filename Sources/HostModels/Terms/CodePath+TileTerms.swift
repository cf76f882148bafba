/// The terms of register tiles: Nₐ·N_b·k multiply-adds, and Nₐ·N_b·B reads and writes of a tile of C, for each pair of widths.
extension CodePath {
  @inline(__always)
  static func visitTileTerms(_ cut: BlockCut, blocks: Double, _ body: (TermGroup, Double) -> Void) {
    for (width, columns) in cut.columns.enumerated() {
      for rows in cut.rows(besideWidth: width) {
        body(.tiles, rows * columns * cut.k)
        body(.tileStores, rows * columns * blocks)
      }
    }
  }
}
