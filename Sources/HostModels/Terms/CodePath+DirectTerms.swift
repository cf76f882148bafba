/// The terms of a kernel that computes C from A and B where they lie, without packing them.
///
/// OpenBLAS's small-matrix kernels for AVX-512 walk through C strip by strip of columns, and down each strip by a few rows
/// at a time (``BlockGeometry/ColumnRest/innerProducts``). With a and b running over the widths, Nₐ row panels and N_b
/// strips, L the lines that all strips touch in a row and l those of one:
///
///     fixed cost                        1, m, n, k
///     a panel's multiply-adds           Nₐ·N_b·k, and Nₐ·N_b for its part of C
///     long ones alone                   Nₐ·N_b·max(0, k − 16): a core computes the next panel beside a short one, and only a
///                                       long one waits for its own sums
///     stores of C                       what products that short do not hide: m·N_b·max(0, 1 − k/x) for x = 2 … 32
///     operands                          m·k, k·n, m·n
///     out of each cache                 m·k/16, L·k, L·k·max(0, 1 − m/x) for x = 2, 4, L·m·max(0, 1 − k/x) for x = 4, 16
///     B again for each further panel    n₁·Nₐ·N_b·l·k, by the bytes of a strip (``CacheSets``), where n₁ = 1 − gcd(n, 16)/16
///                                       is the share of a row's vectors that lie across two cache lines
///     inner products of narrow rests    ``visitInnerProducts(_:_:)``
extension CodePath {
  /// Hands out the terms of one shape that come after the fixed ones, always as many for one geometry.
  @inline(__always)
  static func visitDirectTerms(_ cut: BlockCut, elementSize: Double, _ body: (TermGroup, Double) -> Void) {
    let product = DirectProduct(cut, elementSize: elementSize)
    let (m, k, n) = (cut.m, cut.k, cut.n)
    for (width, columns) in cut.columns.enumerated() {
      for rows in cut.rows(besideWidth: width) {
        let panels = rows * columns
        body(.tiles, panels * k)
        body(.tileStores, panels)
        body(.overlapped, panels * max(0, k - overlappedDepth))
      }
    }
    for depth in hidingDepths {
      let part = shown(k, below: depth)
      for stores in [product.wideVectors, product.narrowVectors] { body(.hidden, m * stores * part) }
    }
    visitInnerProducts(product, body)
    visitPackingTerms(cut, body)
    visitFetches(product, body)
  }

  /// The depth up to which a core computes the next panel beside one.
  private static let overlappedDepth = 16.0
  /// Depths from which multiply-adds hide what stores take, and what fetches of C take: ladders, of which the fit finds out
  /// what matters.
  private static let hidingDepths: [Double] = [2, 4, 8, 16, 32]
  private static let fetchingDepths: [Double] = [4, 16]
  /// Rows from which on multiply-adds hide what loads of B take.
  private static let hidingRows: [Double] = [2, 4]
  /// The sizes of first-level caches that the rows of a strip may crowd.
  private static let crowdedSizes: [Double] = [32768, 49152]

  /// What is fetched from beyond each cache, times the share that is out of it.
  @inline(__always)
  private static func visitFetches(_ product: DirectProduct, _ body: (TermGroup, Double) -> Void) {
    let cut = product.cut
    let (m, k, n) = (cut.m, cut.k, cut.n)
    let a = m * k / BlockGeometry.vectorColumns
    let lines = product.stripLines
    let b = lines * k
    let c = (lines + product.innerCount * min(1, n / BlockGeometry.vectorColumns)) * m
    for size in cacheEdges {
      let outside = beyond(product.bytes, size)
      for term in [a, b] { body(.cacheSteps, term * outside) }
      for rows in hidingRows { body(.hiddenOut, b * shown(m, below: rows) * outside) }
      for depth in fetchingDepths { body(.hiddenOut, c * shown(k, below: depth) * outside) }
    }
    for (index, columns) in cut.columns.enumerated() {
      let lines = product.lines(strip: index)
      // A row of A is read beside each row of the strip.
      let strip =
        CacheSets.bytes(rows: k, stride: n * product.elementSize, lines: lines)
        + k * product.elementSize * stripRows
      var isFirst = true
      for panels in cut.rows(besideWidth: index) {
        let further = isFirst && panels > 0 ? panels - 1 : panels
        if panels > 0 { isFirst = false }
        let again = further * columns * lines * k * product.acrossN
        for size in crowdedSizes { body(.crowded, again * crowdedOut(strip, size)) }
      }
    }
  }

  /// Rows of A that are read beside a strip.
  private static let stripRows = 4.0
}
