/// The terms of a kernel that computes C from A and B where they lie, without packing them.
///
/// OpenBLAS's small-matrix kernels for AVX-512 walk through C strip by strip of columns, and down each strip by a few rows
/// at a time (``BlockGeometry/ColumnRest/innerProducts``). With a and b running over the widths, Nₐ row panels and N_b
/// strips, and L the lines that all strips touch in a row:
///
///     a panel's multiply-adds           Nₐ·N_b·k (`CodePath+TileTerms`)
///     stores of C                       what products that short do not hide: m·N_b·max(0, 1 − k/x) for x = 2 … 32
///     operands                          m·k, k·n, m·n
///     out of each cache                 L·k·max(0, 1 − m/x) for x = 2, 4, and L·m·max(0, 1 − k/x) for x = 4, 16
///     inner products of narrow rests    ``visitInnerProducts(_:_:)``
extension CodePath {
  /// Hands out the terms of one shape that come after the fixed ones, always as many for one geometry.
  @inline(__always)
  static func visitDirectTerms(_ cut: BlockCut, elementSize: Double, _ body: (TermGroup, Double) -> Void) {
    let product = DirectProduct(cut, elementSize: elementSize)
    visitTileTerms(cut, body)
    for depth in hidingDepths {
      let part = cut.m * shown(cut.k, below: depth)
      body(.hidden, product.wideVectors * part)
      body(.hidden, product.narrowVectors * part)
    }
    visitInnerProducts(product, body)
    visitPackingTerms(cut, body)
    visitFetches(product, body)
  }

  /// Depths from which multiply-adds hide what stores take, and what fetches of C take: ladders, of which the fit finds out
  /// what matters.
  private static let hidingDepths: [Double] = [2, 4, 8, 16, 32]
  private static let fetchingDepths: [Double] = [4, 16]
  /// Rows from which on multiply-adds hide what loads of B take.
  private static let hidingRows: [Double] = [2, 4]

  /// What is fetched from beyond each cache and not hidden, times the share that is out of it.
  @inline(__always)
  private static func visitFetches(_ product: DirectProduct, _ body: (TermGroup, Double) -> Void) {
    let (m, k, n) = (product.cut.m, product.cut.k, product.cut.n)
    let lines = product.stripLines
    let c = (lines + product.innerCount * min(1, n / BlockGeometry.vectorColumns)) * m
    for size in cacheEdges {
      let outside = beyond(product.bytes, size)
      for rows in hidingRows { body(.hiddenOut, lines * k * shown(m, below: rows) * outside) }
      for depth in fetchingDepths { body(.hiddenOut, c * shown(k, below: depth) * outside) }
    }
  }
}
