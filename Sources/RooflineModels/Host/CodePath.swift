/// One path through a GEMM library: a blocking and what its parts cost.
///
/// The terms, with a and b running over the panel widths of ``BlockGeometry`` and Nₐ, N_b the number of panels:
///
///     fixed cost                       1, m, n, k, ⌈k/depth⌉
///     multiply-adds of a register tile Nₐ·N_b·k
///     read and write of a tile of C    Nₐ·N_b·⌈k/depth⌉
///     packing and clearing             m·k, k·n, m·n; by cache lines; again where rows start off a vector's boundary
///     loops that narrow operands leave short    min(m, w)·k, min(n, w)·k, min(m, w)·n, min(n, w)·m for w = 16, 64
///     operands out of each cache       x / (1 + (size/bytes)²)    x = m·k, k·n, m·n
///     pages touched, out of each cache the same for the pages of A, B and C
///     packed blocks read again         m·k·⌊n/64⌋, k·n·⌊m/64⌋, m·n·⌊k/64⌋ likewise
///     packed panels out of each cache  Nₐ·k·n and N_b·k·m by the size of the packed block
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
  static let repeatedBlock = 64.0
  static let lineBytes = 64.0
  /// Elements of a vector register, and the widths below which an operand counts as narrow.
  static let vector = 8.0
  static let narrowWidths: [Double] = [16, 64]
  /// The sizes in bytes around which a packed block is taken to leave a cache, and the columns of a packed block.
  static let columnBlockSizes: [Double] = [16e3, 64e3, 256e3]
  static let rowBlockSizes: [Double] = [16e3, 64e3, 256e3, 1e6]
  static let packedColumns = 320.0

  /// What a term stands for.
  enum Kind { case fixed, compute, memory }

  /// The kind of each feature for a geometry.
  static func kinds(_ geometry: BlockGeometry) -> [Kind] {
    let tiles = geometry.rowPanels.count * geometry.columnPanels.count
    return Array(repeating: .fixed, count: 5) + (0..<tiles).flatMap { _ in [Kind.compute, .memory] }
      + Array(
        repeating: .memory,
        count: 9 + 4 * narrowWidths.count + 6 * cacheSizes.count + 3 * blockSizes.count + columnBlockSizes.count
          + rowBlockSizes.count)
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
    var (rowPanels, columnPanels) = (0.0, 0.0)
    for height in geometry.rowPanels {
      let rows = (rowsLeft / Double(height)).rounded(height == geometry.rowPanels.last ? .up : .down)
      rowsLeft -= rows * Double(height)
      rowPanels += rows
      columnPanels = 0
      var columnsLeft = n
      for width in geometry.columnPanels {
        let columns = (columnsLeft / Double(width)).rounded(width == geometry.columnPanels.last ? .up : .down)
        columnsLeft -= columns * Double(width)
        columnPanels += columns
        body(rows * columns * k)
        body(rows * columns * blocks)
      }
    }
    let (a, b, c) = (m * k, k * n, m * n)
    body(a)
    body(b)
    body(c)
    body(lines(m, k, elementSize))
    body(lines(k, n, elementSize))
    body(lines(m, n, elementSize))
    let (offColumns, offDepth) = (isOffBoundary(n), isOffBoundary(k))
    body(offDepth ? a : 0)
    body(offColumns ? b : 0)
    body(offColumns ? c : 0)
    for width in narrowWidths {
      body(min(m, width) * k)
      body(min(n, width) * k)
      body(min(m, width) * n)
      body(min(n, width) * m)
    }
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
    let packedDepth = min(k, Double(geometry.depth)) * elementSize
    let columnBlock = packedDepth * min(n, packedColumns)
    for size in columnBlockSizes { body(rowPanels * b / (1 + (size / columnBlock) * (size / columnBlock))) }
    let rowBlock = packedDepth * m
    for size in rowBlockSizes { body(columnPanels * a / (1 + (size / rowBlock) * (size / rowBlock))) }
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
