/// The terms of a path: what a blocked GEMM does, so many times over.
///
/// With a and b running over the panel widths of ``BlockGeometry``, Nₐ and N_b the number of panels of the busiest thread
/// (``BlockCut``), m, k, n its part, and B = ⌈k/depth⌉:
///
///     fixed cost                       1, m, n, k, B
///     multiply-adds of a register tile Nₐ·N_b·k
///     read and write of a tile of C    Nₐ·N_b·B
///     packing and clearing             m·k, k·n, m·n
///     operands out of each cache       x / (1 + (size/bytes)²)    x = m·k, k·n, m·n
///
/// and for products that threads share those of `CodePath+SharingTerms`. bytes is the compulsory traffic. The sizes are a
/// ladder and not this machine's caches: the fit finds out which matter. <doc:HostModel> tells what each group brings, and
/// what was tried and dropped.
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
  private static let pageBytes = 4096.0
  static let lineBytes = 64.0

  /// Hands out the terms of one shape, one after the other, always as many for one geometry.
  @inline(__always)
  static func visitTerms(
    m wholeM: Double, k: Double, n wholeN: Double, geometry: BlockGeometry, elementSize: Double,
    _ body: (TermGroup, Double) -> Void
  ) {
    let cut = BlockCut(m: wholeM, k: k, n: wholeN, geometry: geometry)
    let (m, n) = (cut.m, cut.n)
    for term in [1, m, n, k] { body(.fixed, term) }
    if geometry.rest == .innerProducts {
      visitDirectTerms(cut, elementSize: elementSize, body)
      return
    }
    let blocks = geometry.blockCount(k)
    body(.fixed, blocks)
    for (width, columns) in cut.columns.enumerated() {
      for rows in cut.rows(besideWidth: width) {
        body(.tiles, rows * columns * k)
        body(.tileStores, rows * columns * blocks)
      }
    }
    let operands = [m * k, k * n, m * n]
    for term in operands { body(.operands, term) }
    let bytes = elementSize * (wholeM * k + k * wholeN + wholeM * wholeN)
    for size in cacheSizes {
      let outside = outside(bytes, size)
      for term in operands { body(.caches, term * outside) }
    }
    if geometry.sharing > 1 {
      visitSharingTerms(cut, wholeM, wholeN, geometry: geometry, elementSize: elementSize, body)
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

  /// Pages that a row-major matrix touches when it is read column by column.
  static func pages(_ rows: Double, _ columns: Double, _ elementSize: Double) -> Double {
    min(rows, rows * columns * elementSize / pageBytes + 1)
  }
}
