/// The terms of a kernel that computes C from A and B where they lie, without packing them.
///
/// OpenBLAS's small-matrix kernels for AVX-512 walk through C strip by strip of columns, and down each strip by a few rows
/// at a time (``BlockGeometry/ColumnRest/innerProducts``). With a and b running over the widths, Nₐ row panels and N_b
/// strips, and x₁ = 1 − gcd(x, 16)/16 the share of the vectors in rows of x elements that lie across two cache lines:
///
///     fixed cost                        1, m, n, k
///     a panel's multiply-adds           Nₐ·N_b·k, and Nₐ·N_b for its part of C
///     inner products of narrow rests    Nₐ·N_b·⌈k/16⌉, Nₐ·N_b for b of 4, 2, 1 columns; the transposed copy
///     vectors across two lines          n₁ of those that Nₐ panels read of B for each step in k, and of C;
///                                       k₁ of those that inner products read of A
///     vectors that each strip fetches   of A, B and C, out of each cache by the operands' bytes; of B again for each
///                                       further panel of rows, by the strip's bytes; those of B and C that lie across
///                                       two lines once more
///     operands, as on any path          ``visitOperands(_:_:_:columns:bytes:elementSize:sizes:_:)``
extension CodePath {
  /// Hands out the terms of one shape that come after the fixed ones, always as many for one geometry.
  @inline(__always)
  static func visitDirectTerms(_ cut: BlockCut, elementSize: Double, _ body: (Kind, Double) -> Void) {
    let (m, k, n) = (cut.m, cut.k, cut.n)
    let bytes = elementSize * (m * k + k * n + m * n)
    for (width, columns) in cut.columns.enumerated() {
      for rows in cut.rows(besideWidth: width) {
        body(.compute, rows * columns * k)
        body(.memory, rows * columns)
      }
    }
    visitInnerProducts(cut, bytes: bytes, elementSize: elementSize, body)
    visitStraddling(cut, body)
    visitFetches(cut, bytes: bytes, elementSize: elementSize, body)
    visitOperands(m, k, n, columns: n, bytes: bytes, elementSize: elementSize, sizes: cacheSizes.dropFirst(), body)
  }

  /// Columns of inner products that are computed at once.
  private static let innerWidths = [4, 2, 1]

  @inline(__always)
  private static func visitInnerProducts(
    _ cut: BlockCut, bytes: Double, elementSize: Double, _ body: (Kind, Double) -> Void
  ) {
    let (k, inner) = (cut.k, cut.innerColumns)
    let vectors = (k / BlockGeometry.vectorColumns).rounded(.up)
    let widths = BlockGeometry.counts(inner, innerWidths)
    for rows in BlockGeometry.counts(cut.m, BlockGeometry.innerRows) {
      for columns in widths {
        body(.compute, rows * columns * vectors)
        body(.compute, rows * columns)
      }
    }
    let any = inner > 0 ? 1.0 : 0
    body(.fixed, any)
    body(.memory, any * k)
    body(.memory, inner * k)
    // The copy goes in steps of eight, the products in steps of a vector.
    body(.memory, inner * k.truncatingRemainder(dividingBy: 8))
    let blocks = widths.reduce(0, +)
    body(.compute, k == vectors * BlockGeometry.vectorColumns ? 0 : blocks * cut.m)
    // Its rows begin off a line's boundary as a rule.
    body(.memory, inner * k * (1 - alignment(k)))
    // Each block of columns goes through all of A, whose rows begin off a line's boundary as a rule.
    let across = blocks * cut.m * vectors * (1 - alignment(k))
    body(.memory, across)
    for size in [nearEdge, farEdge] {
      body(.memory, blocks * cut.m * vectors * beyond(elementSize * cut.m * k, size))
      body(.memory, across * beyond(elementSize * cut.m * k, size))
      body(.memory, inner * k * beyond(2 * elementSize * inner * k, size))
    }
  }

  /// The caches next to a core, about.
  private static let nearEdge = 49152.0
  private static let farEdge = 2_097_152.0

  /// Vectors that lie across two cache lines, since rows of B and C begin off a line's boundary.
  @inline(__always)
  private static func visitStraddling(_ cut: BlockCut, _ body: (Kind, Double) -> Void) {
    let across = 1 - alignment(cut.n)
    let wide = stripVectors[0] * cut.columns[0]
    let narrow = zip(cut.columns, stripVectors).dropFirst().reduce(0) { $0 + $1.0 * $1.1 }
    for rows in cut.wideRows { body(.memory, rows * wide * cut.k * across) }
    for rows in cut.rows { body(.memory, rows * narrow * cut.k * across) }
    body(.memory, cut.m * (wide + narrow) * across)
  }

  /// Vectors of the strips of ``BlockGeometry/wholeVectors`` columns and of the masked one.
  private static let stripVectors = [4.0, 2, 1, 1]
  /// The sizes in bytes around which a strip of B leaves a cache.
  private static let stripEdges = [32768.0, 49152, 65536, 1_048_576, 2_097_152]

  /// Vectors that are fetched from the next cache: strip by strip, whatever of them the strip before has used.
  ///
  /// Those of B and C that lie across two lines count apart as well: beyond the first cache a core writes rows on lines'
  /// boundaries at one and a half times the rate of others, and reads them at twice.
  @inline(__always)
  private static func visitFetches(
    _ cut: BlockCut, bytes: Double, elementSize: Double, _ body: (Kind, Double) -> Void
  ) {
    let across = 1 - alignment(cut.n)
    let innerBlocks = BlockGeometry.counts(cut.innerColumns, innerWidths).reduce(0, +)
    var (strips, vectors) = (innerBlocks, 0.0)
    for (index, columns) in cut.columns.enumerated() {
      strips += columns
      vectors += columns * stripVectors[index]
    }
    let a = cut.m * (cut.k / BlockGeometry.vectorColumns).rounded(.up) * strips
    let (b, c) = (cut.k * vectors, cut.m * (vectors + innerBlocks))
    for size in cacheEdges {
      let outside = beyond(bytes, size)
      for term in [a, b, c, b * across, cut.m * vectors * across] { body(.memory, term * outside) }
    }
    for size in stripEdges {
      var again = 0.0
      for (index, columns) in cut.columns.enumerated() where columns > 0 {
        let panels = cut.rows(besideWidth: index).reduce(0, +)
        let strip = cut.k * stripVectors[index] * BlockGeometry.vectorColumns * elementSize
        again += (panels - 1) * columns * stripVectors[index] * cut.k * beyond(strip, size)
      }
      for term in [again, again * across] { body(.memory, term) }
    }
  }
}
