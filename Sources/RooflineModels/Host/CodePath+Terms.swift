/// The terms of a path: what a blocked GEMM does, so many times over.
///
/// With a and b running over the panel widths of ``BlockGeometry``, Nₐ and N_b the number of panels of the busiest thread
/// (``BlockCut``), m, k, n its part, and B = ⌈k/depth⌉:
///
///     fixed cost                       1, m, n, k, B
///     multiply-adds of a register tile Nₐ·N_b·k
///     read and write of a tile of C    Nₐ·N_b·B
///     packing and clearing             m·k, k·n, m·n; by cache lines; again where rows start off a vector's boundary
///     loops that narrow operands leave short    min(m, w)·k, min(n, w)·k, min(m, w)·n, min(n, w)·m for w = 16, 64
///     operands out of each cache       x / (1 + (size/bytes)²)    x = m·k, k·n, m·n
///     the same, in one step at the sizes of real ones    x / (1 + (size/bytes)²⁴)
///     operands out of the largest caches              A and B by all bytes, C by its own
///     pages touched, in all and out of each cache     the same for the pages of A, B and C
///     C, as far as products do not hide it    m·n·max(0, 1 − k/x) for x = 4 … 64, and out of each cache
///     packed blocks read again         m·k·⌊n/64⌋, k·n·⌊m/64⌋, m·n·⌊k/64⌋ likewise
///     packed panels out of each cache  Nₐ·k·n and N_b·k·m by the size of the packed block
///     rows of B that crowd few sets of the first cache (``CacheSets``)    k·n, and out of each cache by the size of B
///
/// and for products that threads share those of `CodePath+SharingTerms`.
///
/// bytes is the compulsory traffic. The sizes are a ladder and not this machine's caches: the fit finds out which matter.
extension CodePath {
  /// The sizes in bytes around which an operand is taken to leave a cache.
  static let cacheSizes: [Double] = [32e3, 256e3, 1e6, 4e6, 16e6, 32e6]
  /// The sizes of first-level caches: what is gone through again and again leaves them all at once.
  static let nearEdges: [Double] = [32768, 49152, 65536]
  /// The same of the second level.
  ///
  /// The last is none: on a core with 2 MiB, small products of up to 2.6 MB are still as quick as those that fit.
  static let farEdges: [Double] = [524_288, 1_048_576, 1_310_720, 2_097_152, 2_621_440]
  /// The sizes of the caches that CPUs have next to a core.
  static let cacheEdges = nearEdges + farEdges
  /// Those between which packed blocks are read again.
  private static let blockSizes: [Double] = [256e3, 1e6, 4e6]
  /// The sizes of first-level caches that rows of B may crowd.
  private static let crowdedSizes: [Double] = [32768, 49152]
  /// The sizes of last-level caches beyond `cacheSizes`.
  private static let lastSizes: [Double] = [64e6, 128e6, 256e6]
  static let pageBytes = 4096.0
  private static let repeatedBlock = 64.0
  static let lineBytes = 64.0
  /// Elements of a vector register of AVX2, and the widths below which an operand counts as narrow.
  private static let vector = 8.0
  private static let narrowWidths: [Double] = [16, 64]
  /// Depths from which multiply-adds hide what tiles of C take.
  private static let hidingDepths: [Double] = [4, 8, 16, 32, 64]
  /// The sizes in bytes around which a packed block is taken to leave a cache, and the columns of a packed block.
  private static let columnBlockSizes: [Double] = [16e3, 64e3, 256e3]
  private static let rowBlockSizes: [Double] = [16e3, 64e3, 256e3, 1e6]
  private static let packedColumns = 320.0

  /// Hands out the terms of one shape, one after the other, always as many for one geometry.
  @inline(__always)
  static func visitTerms(
    m wholeM: Double, k: Double, n wholeN: Double, geometry: BlockGeometry, elementSize: Double,
    _ body: (TermGroup, Double) -> Void
  ) {
    let cut = BlockCut(m: wholeM, k: k, n: wholeN, geometry: geometry)
    let (m, n) = (cut.m, cut.n)
    let bytes = elementSize * (wholeM * k + k * wholeN + wholeM * wholeN)
    for term in [1, m, n, k] { body(.fixed, term) }
    if geometry.rest == .innerProducts {
      visitDirectTerms(cut, elementSize: elementSize, body)
      return
    }
    let depth = Double(geometry.depth)
    let blocks = geometry.blockCount(k)
    body(.fixed, blocks)
    for (width, columns) in cut.columns.enumerated() {
      for rows in cut.rows(besideWidth: width) {
        body(.tiles, rows * columns * k)
        body(.tileStores, rows * columns * blocks)
      }
    }
    visitOperands(m, k, n, columns: wholeN, bytes: bytes, elementSize: elementSize, body)
    let (a, b, c) = (m * k, k * n, m * n)
    for size in cacheEdges {
      let outside = beyond(bytes, size)
      for term in [a, b, c] { body(.cacheSteps, term * outside) }
    }
    for depth in hidingDepths {
      let part = c * shown(k, below: depth)
      body(.hidden, part)
      for size in cacheSizes { body(.hiddenOut, part * outside(bytes, size)) }
    }
    let again = (
      a * (n / repeatedBlock).rounded(.down), b * (m / repeatedBlock).rounded(.down),
      c * (k / repeatedBlock).rounded(.down)
    )
    for size in blockSizes {
      let outside = outside(bytes, size)
      for term in [again.0, again.1, again.2] { body(.readAgain, term * outside) }
    }
    let packedDepth = min(k, depth) * elementSize
    let crowded = CacheSets.bytes(rows: min(k, depth), stride: wholeN * elementSize)
    for size in crowdedSizes {
      let crowd = beyond(crowded, size)
      body(.crowded, b * crowd)
      for far in blockSizes.dropFirst() { body(.crowded, b * crowd * outside(elementSize * b, far)) }
    }
    let (columnPanels, rowPanels) = (cut.columns.reduce(0, +), cut.rows.reduce(0, +))
    for size in columnBlockSizes {
      body(.packedPanels, rowPanels * b * outside(packedDepth * min(n, packedColumns), size))
    }
    for size in rowBlockSizes { body(.packedPanels, columnPanels * a * outside(packedDepth * m, size)) }
    if geometry.sharing > 1 {
      visitSharingTerms(cut, wholeM, wholeN, geometry: geometry, elementSize: elementSize, body)
    }
  }

  /// What a packing path pays for each operand: for its elements and lines, for narrow ones, and out of each cache.
  ///
  /// `columns` is how many elements a row of B and C has, whichever part of it is a thread's.
  @inline(__always)
  private static func visitOperands(
    _ m: Double, _ k: Double, _ n: Double, columns: Double, bytes: Double, elementSize: Double,
    _ body: (TermGroup, Double) -> Void
  ) {
    let (a, b, c) = (m * k, k * n, m * n)
    for term in [a, b, c] { body(.operands, term) }
    for term in [lines(m, k, elementSize), lines(k, n, elementSize), lines(m, n, elementSize)] { body(.lines, term) }
    let (offColumns, offDepth) = (isOffBoundary(columns), isOffBoundary(k))
    body(.offBoundary, offDepth ? a : 0)
    body(.offBoundary, offColumns ? b : 0)
    body(.offBoundary, offColumns ? c : 0)
    for width in narrowWidths {
      for term in [min(m, width) * k, min(n, width) * k, min(m, width) * n, min(n, width) * m] { body(.narrow, term) }
    }
    for size in lastSizes {
      let outside = crowdedOut(bytes, size)
      for term in [a * outside, b * outside, c * crowdedOut(elementSize * m * columns, size)] {
        body(.lastCaches, term)
      }
    }
    let (pagesA, pagesB, pagesC) = (pages(m, k, elementSize), pages(k, n, elementSize), pages(m, n, elementSize))
    for term in [pagesA, pagesB, pagesC] { body(.pages, term) }
    for size in cacheSizes {
      let outside = outside(bytes, size)
      for term in [a, b, c] { body(.caches, term * outside) }
      for term in [pagesA, pagesB, pagesC] { body(.pagesOut, term * outside) }
    }
  }

  /// The share of a matrix's rows that begin on a vector's boundary, by how many elements a row has: gcd(columns, 16)/16.
  static func alignment(_ columns: Double) -> Double {
    for width in [16.0, 8, 4, 2] where columns == (columns / width).rounded(.down) * width {
      return width / BlockGeometry.vectorColumns
    }
    return 1 / BlockGeometry.vectorColumns
  }

  /// How much shows of a cost that other work hides from an extent on.
  static func shown(_ extent: Double, below hiding: Double) -> Double { max(0, 1 - extent / hiding) }

  /// How much of something of so many bytes is out of a cache of a size: half where they are equal.
  static func outside(_ bytes: Double, _ size: Double) -> Double {
    let ratio = size / bytes
    return 1 / (1 + ratio * ratio)
  }

  /// How much of something of so many bytes that is gone through again and again is out of a cache of a size: what is a
  /// little too large leaves it all.
  static func beyond(_ bytes: Double, _ size: Double) -> Double {
    let ratio = size / bytes
    // A trace of it in a few rows would be fitted to their noise, and be a million times as much in another shape.
    guard ratio < 1.5 else { return 0 }
    let fourth = ratio * ratio * ratio * ratio
    let eighth = fourth * fourth
    return 1 / (1 + eighth * eighth * eighth)
  }

  /// How much of something of so many bytes is out of a cache of a size where other operands pass through beside it: it
  /// goes little by little.
  static func crowdedOut(_ bytes: Double, _ size: Double) -> Double {
    let ratio = size / bytes
    guard ratio < 2.5 else { return 0 }
    let fourth = ratio * ratio * ratio * ratio
    return 1 / (1 + fourth * fourth)
  }

  /// How far up the staircase of some caches' sizes so many bytes have come: 0 within all, 1 beyond all.
  static func climb(_ bytes: Double, _ sizes: [Double]) -> Double {
    sizes.reduce(0) { $0 + beyond(bytes, $1) } / Double(max(sizes.count, 1))
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
  static func pages(_ rows: Double, _ columns: Double, _ elementSize: Double) -> Double {
    min(rows, rows * columns * elementSize / pageBytes + 1)
  }
}
