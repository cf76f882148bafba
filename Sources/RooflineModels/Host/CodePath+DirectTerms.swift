/// The terms of a kernel that computes C from A and B where they lie, without packing them.
///
/// OpenBLAS's small-matrix kernels for AVX-512 walk through C strip by strip of columns, and down each strip by a few rows
/// at a time (``BlockGeometry/ColumnRest/innerProducts``). With a and b running over the widths, Nₐ row panels and N_b
/// strips, and x₁ = 1 − gcd(x, 16)/16 the share of the vectors in rows of x elements that lie across two cache lines:
///
///     fixed cost                        1, m, n, k
///     a panel's multiply-adds           Nₐ·N_b·k, and Nₐ·N_b for its part of C; n₁ of them with vectors across two lines
///     long ones alone                   Nₐ·N_b·max(0, k − x) for x = 16, 64: a core computes the next panel beside a short
///                                       one, and only a long one waits for its own sums
///     stores of C                       what products that short do not hide: m·N_b·max(0, 1 − k/x) for x = 2 … 32;
///                                       n₁ of them across two lines
///     inner products of narrow rests    ``visitInnerProducts(_:_:)``
///     fetches from each cache           ``visitFetches(_:_:)``
///     operands                          m·k, k·n, m·n; min(m, 64)·k, min(n, 64)·k, min(m, 64)·n, min(n, 64)·m
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
        body(.offBoundary, panels * k * product.acrossN)
        for depth in overlappedDepths { body(.overlapped, panels * max(0, k - depth)) }
      }
    }
    let (wide, narrow) = (m * product.wideVectors, m * product.narrowVectors)
    for stores in [wide, narrow] { body(.offBoundary, stores * product.acrossN) }
    for depth in hidingDepths {
      let part = shown(k, below: depth)
      for stores in [wide, narrow, wide * product.acrossN, narrow * product.acrossN] { body(.hidden, stores * part) }
    }
    visitInnerProducts(product, body)
    visitFetches(product, body)
    for term in [m * k, k * n, m * n] { body(.operands, term) }
    let width = narrowWidth
    for term in [min(m, width) * k, min(n, width) * k, min(m, width) * n, min(n, width) * m] { body(.narrow, term) }
  }

  /// Depths up to which a core computes the next panel beside one.
  private static let overlappedDepths: [Double] = [16, 64]
  /// Depths from which multiply-adds hide what stores take: a ladder, of which the fit finds out what matters.
  private static let hidingDepths: [Double] = [2, 4, 8, 16, 32]
  /// Columns and rows below which an operand counts as narrow.
  private static let narrowWidth = 64.0
  /// Rows from which on multiply-adds hide what loads of B take.
  private static let hidingRows: [Double] = [2, 4]
  /// The sizes in bytes beyond which pages are touched anew.
  private static let pageSizes = cacheSizes[1...3]

  /// What is fetched from beyond each cache, times the share that is out of it. With L the lines that all strips touch in a
  /// row and l those of one:
  ///
  ///     B for the first panel of each strip    L·k, n₁·L·k, L·k·max(0, 1 − m/x) for x = 2, 4
  ///     B again for each further panel         n₁·Nₐ·N_b·l·k, by the bytes of a strip (``CacheSets``)
  ///     A                                      m·k/16
  ///     C, as far as products do not hide it   L·m·max(0, 1 − k/x) for x = 2 … 32
  ///     pages of A, B and C                    n₁ of them
  @inline(__always)
  static func visitFetches(_ product: DirectProduct, _ body: (TermGroup, Double) -> Void) {
    let (cut, across) = (product.cut, product.acrossN)
    let (m, k, n) = (cut.m, cut.k, cut.n)
    let a = m * k / BlockGeometry.vectorColumns
    let lines = product.stripLines
    let b = lines * k
    let c = (lines + product.innerCount * min(1, n / BlockGeometry.vectorColumns)) * m
    for size in cacheEdges {
      let outside = beyond(product.bytes, size)
      body(.cacheSteps, a * outside)
      for part in [1, across] { body(.cacheSteps, b * part * outside) }
      for rows in hidingRows { body(.hiddenOut, b * shown(m, below: rows) * outside) }
      for depth in hidingDepths { body(.hiddenOut, c * shown(k, below: depth) * outside) }
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
        let again = further * columns * lines * k * across
        for size in nearEdges { body(.crowded, again * crowdedOut(strip, size)) }
      }
    }
    let touched = [
      pages(m, k, product.elementSize), pages(k, n, product.elementSize), pages(m, n, product.elementSize),
    ]
    for size in pageSizes {
      let outside = outside(product.bytes, size)
      for pages in touched { body(.pagesOut, pages * across * outside) }
    }
  }

  /// Rows of A that are read beside a strip.
  private static let stripRows = 4.0
}
