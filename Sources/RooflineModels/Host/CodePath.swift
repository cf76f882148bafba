/// One path through a GEMM library: a blocking and what its parts cost.
///
/// The terms, with a and b running over the panel widths of ``BlockGeometry`` and Nₐ, N_b the number of panels:
///
///     fixed cost                       1, m, n, k, ⌈k/depth⌉
///     multiply-adds of a register tile Nₐ·N_b·k
///     read and write of a tile of C    Nₐ·N_b·⌈k/depth⌉
///     packing and clearing             m·k, k·n, m·n
///     the same, out of each cache      x / (1 + (size/bytes)²)    x = m·k, k·n, m·n
///     pages touched, out of each cache the same for the pages of A, B and C
///     reading packed blocks again      m·k·⌊n/128⌋, k·n·⌊m/128⌋, m·n·⌊k/128⌋ likewise
///
/// bytes is the compulsory traffic. The sizes are a ladder and not this machine's caches: the fit finds out which matter.
struct CodePath: Hashable, Sendable {
  var geometry: BlockGeometry
  /// Seconds a unit of each feature, in the order of `features`, none negative.
  var coefficients: [Double]

  /// The sizes in bytes around which an operand is taken to leave a cache.
  static let cacheSizes: [Double] = [32e3, 256e3, 1e6, 4e6, 16e6, 32e6]
  /// Those between which packed blocks are read again.
  static let blockSizes: [Double] = [256e3, 1e6, 4e6]
  static let pageBytes = 4096.0
  static let repeatedBlock = 128.0

  /// What a term stands for.
  enum Kind { case fixed, compute, memory }

  /// The kind of each feature for a geometry.
  static func kinds(_ geometry: BlockGeometry) -> [Kind] {
    let tiles = geometry.rowPanels.count * geometry.columnPanels.count
    return Array(repeating: .fixed, count: 5) + (0..<tiles).flatMap { _ in [Kind.compute, .memory] }
      + Array(repeating: .memory, count: 3 + 6 * cacheSizes.count + 3 * blockSizes.count)
  }

  /// The features of one shape.
  ///
  /// O(number of features).
  static func features(m: Double, k: Double, n: Double, geometry: BlockGeometry, elementSize: Double) -> [Double] {
    var features: [Double] = []
    features.reserveCapacity(120)
    visit(m: m, k: k, n: n, geometry: geometry, elementSize: elementSize) { features.append($0) }
    return features
  }

  /// Hands out the features of one shape, one after the other.
  @inline(__always)
  static func visit(
    m: Double, k: Double, n: Double, geometry: BlockGeometry, elementSize: Double, _ body: (Double) -> Void
  ) {
    let blocks = (k / Double(geometry.depth)).rounded(.up)
    body(1)
    body(m)
    body(n)
    body(k)
    body(blocks)
    var rowsLeft = m
    for height in geometry.rowPanels {
      let rows = (rowsLeft / Double(height)).rounded(.down)
      rowsLeft -= rows * Double(height)
      var columnsLeft = n
      for width in geometry.columnPanels {
        let columns = (columnsLeft / Double(width)).rounded(.down)
        columnsLeft -= columns * Double(width)
        body(rows * columns * k)
        body(rows * columns * blocks)
      }
    }
    let (a, b, c) = (m * k, k * n, m * n)
    body(a)
    body(b)
    body(c)
    let bytes = elementSize * (a + b + c)
    let (pagesA, pagesB, pagesC) = (pages(m, k, elementSize), pages(k, n, elementSize), pages(m, n, elementSize))
    for size in cacheSizes {
      let outside = 1 / (1 + (size / bytes) * (size / bytes))
      body(a * outside)
      body(b * outside)
      body(c * outside)
      body(pagesA * outside)
      body(pagesB * outside)
      body(pagesC * outside)
    }
    let again = (
      a * (n / repeatedBlock).rounded(.down), b * (m / repeatedBlock).rounded(.down),
      c * (k / repeatedBlock).rounded(.down)
    )
    for size in blockSizes {
      let outside = 1 / (1 + (size / bytes) * (size / bytes))
      body(again.0 * outside)
      body(again.1 * outside)
      body(again.2 * outside)
    }
  }

  /// Pages that a row-major matrix touches when it is read column by column.
  private static func pages(_ rows: Double, _ columns: Double, _ elementSize: Double) -> Double {
    min(rows, rows * columns * elementSize / pageBytes + 1)
  }

  /// Seconds of one GEMM on this path.
  func seconds(m: Double, k: Double, n: Double, elementSize: Double) -> Double {
    var sum = 0.0
    var index = 0
    coefficients.withUnsafeBufferPointer { coefficients in
      Self.visit(m: m, k: k, n: n, geometry: geometry, elementSize: elementSize) { feature in
        if index < coefficients.count { sum += coefficients[index] * feature }
        index += 1
      }
    }
    return sum
  }
}
