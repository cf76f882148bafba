/// The terms of a path: what a blocked GEMM does, so many times over.
///
/// With a and b running over the panel widths of ``BlockGeometry``, Nₐ and N_b the number of panels of the busiest thread
/// (``BlockCut``), m, k, n its part, and B = ⌈k/depth⌉:
///
///     fixed cost                       1, m, n, k, B
///     multiply-adds of a register tile Nₐ·N_b·k
///     read and write of a tile of C    Nₐ·N_b·B
///     inner products of narrow rests   Nₐ·N_b·⌈k/16⌉, Nₐ·N_b for b of 4, 2, 1 columns; the transposed copy
///     vectors across two cache lines   (1 − gcd(n, 16)/16) of those that Nₐ rows read of B for each step in k, and of C;
///                                      (1 − gcd(k, 16)/16) of those of the inner products
///                                      the same share of B and C read and written beyond the next cache
///     packing and clearing             m·k, k·n, m·n; by cache lines; again where rows start off a vector's boundary
///     loops that narrow operands leave short    min(m, w)·k, min(n, w)·k, min(m, w)·n, min(n, w)·m for w = 16, 64
///     operands out of each cache       x / (1 + (size/bytes)²)    x = m·k, k·n, m·n
///     the same, in one step at the sizes of real ones    x / (1 + (size/bytes)⁸)
///     pages touched, out of each cache the same for the pages of A, B and C
///     packed blocks read again         m·k·⌊n/64⌋, k·n·⌊m/64⌋, m·n·⌊k/64⌋ likewise
///     packed panels out of each cache  Nₐ·k·n and N_b·k·m by the size of the packed block
///
/// and for products that threads share, with M, N the whole extents:
///
///     starting and meeting             1, B
///     packed rows handed over          M·k, M·B, out of each cache
///     lines of C that two threads write    min(M, w), min(M, w)·B for w = 64, 256, 1024: threads that clear C row by
///                                      row contend for the line between their columns until they drift apart
///     operands of all threads out of each cache    M·k, k·N, M·N; C once more by its own size
///
/// bytes is the compulsory traffic. The sizes are a ladder and not this machine's caches: the fit finds out which matter.
extension CodePath {
  /// The sizes in bytes around which an operand is taken to leave a cache.
  static let cacheSizes: [Double] = [32e3, 256e3, 1e6, 4e6, 16e6, 32e6]
  /// The sizes of caches that CPUs have next to a core: what is gone through again and again leaves them all at once.
  private static let cacheEdges: [Double] = [32768, 49152, 65536, 524_288, 1_048_576, 2_097_152]
  /// Those between which packed blocks are read again.
  private static let blockSizes: [Double] = [256e3, 1e6, 4e6]
  private static let pageBytes = 4096.0
  private static let repeatedBlock = 64.0
  private static let lineBytes = 64.0
  /// Elements of a vector register of AVX2, and the widths below which an operand counts as narrow.
  private static let vector = 8.0
  private static let narrowWidths: [Double] = [16, 64]
  /// The sizes in bytes around which a packed block is taken to leave a cache, and the columns of a packed block.
  private static let columnBlockSizes: [Double] = [16e3, 64e3, 256e3]
  private static let rowBlockSizes: [Double] = [16e3, 64e3, 256e3, 1e6]
  private static let packedColumns = 320.0
  /// Rows over which threads contend for the lines between them.
  private static let contendedRows: [Double] = [64, 256, 1024]

  /// Hands out the terms of one shape, one after the other, always as many for one geometry.
  @inline(__always)
  static func visitTerms(
    m wholeM: Double, k: Double, n wholeN: Double, geometry: BlockGeometry, elementSize: Double,
    _ body: (Kind, Double) -> Void
  ) {
    let cut = BlockCut(m: wholeM, k: k, n: wholeN, geometry: geometry)
    let (m, n) = (cut.m, cut.n)
    let bytes = elementSize * (wholeM * k + k * wholeN + wholeM * wholeN)
    let packs = geometry.rest != .innerProducts
    // Kernels without packing do not cut k.
    let depth = packs ? Double(geometry.depth) : k
    let blocks = (k / depth).rounded(.up)
    for term in [1, m, n, k, blocks] { body(.fixed, term) }
    for (width, columns) in cut.columns.enumerated() {
      for rows in cut.rows(besideWidth: width) {
        body(.compute, rows * columns * k)
        body(.memory, rows * columns * blocks)
      }
    }
    if !packs {
      visitInnerProducts(cut, body)
      visitStraddling(cut, wholeN, bytes: bytes, body)
    }
    let (a, b, c) = (m * k, k * n, m * n)
    for term in [a, b, c] { body(.memory, term) }
    body(.memory, lines(m, k, elementSize))
    body(.memory, lines(k, n, elementSize))
    body(.memory, lines(m, n, elementSize))
    let (offColumns, offDepth) = (isOffBoundary(wholeN), isOffBoundary(k))
    body(.memory, offDepth ? a : 0)
    body(.memory, offColumns ? b : 0)
    body(.memory, offColumns ? c : 0)
    for width in narrowWidths {
      body(.memory, min(m, width) * k)
      body(.memory, min(n, width) * k)
      body(.memory, min(m, width) * n)
      body(.memory, min(n, width) * m)
    }
    let (pagesA, pagesB, pagesC) = (pages(m, k, elementSize), pages(k, n, elementSize), pages(m, n, elementSize))
    for size in cacheSizes {
      let outside = outside(bytes, size)
      for term in [a, b, c, pagesA, pagesB, pagesC] { body(.memory, term * outside) }
    }
    for size in cacheEdges {
      let outside = beyond(bytes, size)
      for term in [a, b, c] { body(.memory, term * outside) }
    }
    let again = (
      a * (n / repeatedBlock).rounded(.down), b * (m / repeatedBlock).rounded(.down),
      c * (k / repeatedBlock).rounded(.down)
    )
    for size in blockSizes {
      let outside = outside(bytes, size)
      body(.memory, again.0 * outside)
      body(.memory, again.1 * outside)
      body(.memory, again.2 * outside)
    }
    let packedDepth = min(k, depth) * elementSize
    // Kernels without packing walk through as many columns as one panel has.
    let columnBlock = packedDepth * min(n, packs ? packedColumns : repeatedBlock)
    let columnPanels = cut.columns.reduce(0, +)
    // The widest columns, and the rest, are read once for each panel of their rows.
    let wide = min(n, cut.columns[0] * Double(geometry.columnPanels[0]))
    let read = k * (cut.wideRows.reduce(0, +) * wide + cut.rows.reduce(0, +) * (n - wide))
    for size in columnBlockSizes {
      let outside = read * outside(columnBlock, size)
      body(.memory, outside)
      if !packs { body(.memory, (1 - alignment(wholeN)) * outside) }
    }
    for size in rowBlockSizes { body(.memory, columnPanels * a * outside(packedDepth * m, size)) }
    if geometry.sharing > 1 {
      visitSharing(wholeM, k, wholeN, cut, blocks: blocks, bytes: bytes, elementSize: elementSize, geometry, body)
    }
  }

  @inline(__always)
  private static func visitInnerProducts(_ cut: BlockCut, _ body: (Kind, Double) -> Void) {
    let (k, inner) = (cut.k, cut.innerColumns)
    let vectors = (k / BlockGeometry.vectorColumns).rounded(.up)
    for rows in BlockGeometry.counts(cut.m, BlockGeometry.innerRows) {
      for columns in BlockGeometry.counts(inner, [4, 2, 1]) {
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
    body(.compute, k == vectors * BlockGeometry.vectorColumns ? 0 : any * cut.m)
  }

  /// Vectors that lie across two cache lines, since rows of B and C, or of A, begin off a line's boundary.
  @inline(__always)
  private static func visitStraddling(_ cut: BlockCut, _ n: Double, bytes: Double, _ body: (Kind, Double) -> Void) {
    let (acrossRows, acrossDepth) = (1 - alignment(n), 1 - alignment(cut.k))
    let narrow = zip(cut.columns.dropFirst(), [2.0, 1, 1]).reduce(0) { $0 + $1.0 * $1.1 }
    for rows in cut.wideRows { body(.memory, rows * 4 * cut.columns[0] * cut.k * acrossRows) }
    for rows in cut.rows { body(.memory, rows * narrow * cut.k * acrossRows) }
    body(.memory, cut.m * (4 * cut.columns[0] + narrow) * acrossRows)
    // Strips of B lie in pieces, one a row, unless one strip is all of it.
    let isInPieces = cut.columns.reduce(cut.innerColumns > 0 ? 1 : 0, +) > 1
    let b = cut.k * n
    for size in cacheEdges.prefix(3) {
      let outside = b * beyond(bytes, size)
      body(.memory, isInPieces ? outside : 0)
      body(.memory, acrossRows * outside)
    }
    body(.memory, acrossRows * cut.m * n * beyond(bytes, cacheEdges[0]))
    let vectors = (cut.k / BlockGeometry.vectorColumns).rounded(.up)
    body(.memory, (cut.innerColumns / 4).rounded(.up) * cut.m * vectors * acrossDepth)
  }

  /// The share of a matrix's rows that begin on a vector's boundary, by how many elements a row has: gcd(columns, 16)/16.
  static func alignment(_ columns: Double) -> Double {
    for width in [16.0, 8, 4, 2] where columns == (columns / width).rounded(.down) * width {
      return width / BlockGeometry.vectorColumns
    }
    return 1 / BlockGeometry.vectorColumns
  }

  @inline(__always)
  private static func visitSharing(
    _ m: Double, _ k: Double, _ n: Double, _ cut: BlockCut, blocks: Double, bytes: Double, elementSize: Double,
    _ geometry: BlockGeometry, _ body: (Kind, Double) -> Void
  ) {
    let shares = cut.sharesColumns ? 1.0 : 0
    for term in [shares, shares * blocks, shares * m * k, shares * m * blocks, (1 - shares) * n * blocks] {
      body(.memory, term)
    }
    let bytesC = elementSize * m * n
    for size in cacheSizes.dropFirst() {
      let out = outside(bytes, size)
      for term in [m * k, k * n, m * n, shares * m] { body(.memory, term * out) }
      let ratio = size / bytesC
      body(.memory, m * n / (1 + ratio * ratio * ratio * ratio))
    }
    // Where every thread's columns are whole lines, no line has two writers.
    let line = lineBytes / elementSize * Double(geometry.sharing)
    let isContended = shares > 0 && n != (n / line).rounded(.down) * line
    for rows in contendedRows { body(.memory, isContended ? min(m, rows) : 0) }
    for rows in contendedRows.dropFirst() { body(.memory, isContended ? min(m, rows) * blocks : 0) }
  }

  /// How much of something of so many bytes is out of a cache of a size: half where they are equal.
  private static func outside(_ bytes: Double, _ size: Double) -> Double {
    let ratio = size / bytes
    return 1 / (1 + ratio * ratio)
  }

  /// How much of something of so many bytes that is gone through again and again is out of a cache of a size: what is a
  /// little too large leaves it all.
  private static func beyond(_ bytes: Double, _ size: Double) -> Double {
    let square = size / bytes * size / bytes
    let fourth = square * square
    return 1 / (1 + fourth * fourth)
  }

  /// Cache lines that the rows of a matrix lie in.
  private static func lines(_ rows: Double, _ columns: Double, _ elementSize: Double) -> Double {
    rows * (columns * elementSize / lineBytes).rounded(.up)
  }

  /// Whether rows of so many elements start off a vector's boundary.
  private static func isOffBoundary(_ columns: Double) -> Bool {
    columns != (columns / vector).rounded(.down) * vector
  }

  /// Pages that a row-major matrix touches when it is read column by column.
  private static func pages(_ rows: Double, _ columns: Double, _ elementSize: Double) -> Double {
    min(rows, rows * columns * elementSize / pageBytes + 1)
  }
}
