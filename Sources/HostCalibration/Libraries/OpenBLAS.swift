internal import GEMMTiming
internal import Glibc
internal import LinearSolvers

/// OpenBLAS's C functions, one Swift function a call; C types stay in this file.
///
/// Matrices of sgemm are row-major: C[m×n] = A[m×k] · B[k×n] as everywhere in gemmcast, A or B stored the other way where a
/// layout says so. (OpenBLAS computes the column-major product Cᵀ = Bᵀ·Aᵀ for it, so its "M" is our n.)
enum OpenBLAS {
  /// The integers of its interface; builds with 64 bits are refused when it is loaded.
  // swift-format-ignore: TypeNamesShouldBeCapitalized
  typealias blasint = Int32

  /// The longest extent that the C interface takes.
  static let maximumExtent = Int(blasint.max)

  /// C = A·B in fp32, C overwritten; `layout` says how A and B are stored.
  ///
  /// Extents must lie in 1...``maximumExtent``, which the caller has checked.
  @inline(__always)
  static func sgemm(
    m: Int, k: Int, n: Int, layout: OperandLayout = .nn, a: UnsafePointer<Float>, b: UnsafePointer<Float>,
    c: UnsafeMutablePointer<Float>
  ) {
    library?.sgemm(
      rowMajor, layout.transposesA ? transposed : notTransposed, layout.transposesB ? transposed : notTransposed,
      blasint(truncatingIfNeeded: m), blasint(truncatingIfNeeded: n), blasint(truncatingIfNeeded: k), 1,
      a, blasint(truncatingIfNeeded: layout.transposesA ? m : k),
      b, blasint(truncatingIfNeeded: layout.transposesB ? k : n), 0, c, blasint(truncatingIfNeeded: n))
  }

  /// y = x, `count` elements next to each other.
  @inline(__always)
  static func scopy(count: Int, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>) {
    library?.scopy(blasint(truncatingIfNeeded: count), x, 1, y, 1)
  }

  /// y += alpha·x, `count` elements next to each other.
  @inline(__always)
  static func saxpy(count: Int, alpha: Float, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>) {
    library?.saxpy(blasint(truncatingIfNeeded: count), alpha, x, 1, y, 1)
  }

  /// `OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH … Cooperlake MAX_THREADS=64`.
  static func configuration() -> String { text(library?.configuration()) }

  /// The kernel in use.
  static func coreName() -> String { text(library?.coreName()) }

  /// Threads that a call may use.
  static func threads() -> Int { Int(library?.threads() ?? 1) }

  /// Sets how many threads a call may use; OpenBLAS caps it at what it was built for.
  static func setThreads(_ count: Int) { library?.setThreads(Int32(clamping: count)) }

  /// How the library runs threads: 0 not at all, 1 its own, 2 OpenMP.
  static func parallel() -> Int { Int(library?.parallel() ?? 0) }

  private static func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
    pointer.map { String(cString: $0) } ?? "unknown"
  }
}

// MARK: - LAPACK

extension OpenBLAS {
  /// Least squares by QR; `a` (column-major) is overwritten with the factors.
  static func dgels(
    _ library: Library, rows: Int, columns: Int, _ a: inout [Double], _ b: [Double]
  ) throws(SolverError) -> [Double] {
    guard rows <= maximumExtent, columns <= maximumExtent else { throw .shapeMismatch("\(rows) rows are too many") }
    var (m, n, one, info) = (blasint(rows), blasint(columns), blasint(1), blasint(0))
    var (leadingA, leadingB) = (max(m, 1), max(m, 1))
    var x = b
    var best = 0.0
    var query = blasint(-1)
    library.dgels("N", &m, &n, &one, &a, &leadingA, &x, &leadingB, &best, &query, &info)
    var length = blasint(max(1, min(best, Double(blasint.max))))
    var work = Array(repeating: 0.0, count: Int(length))
    library.dgels("N", &m, &n, &one, &a, &leadingA, &x, &leadingB, &work, &length, &info)
    guard info == 0 else { throw .singular }
    return Array(x.prefix(columns))
  }

  /// The lower triangle of A·Aᵀ, of a column-major A.
  static func dsyrk(_ library: Library, rows: Int, columns: Int, _ a: [Double], _ product: inout [Double])
    throws(SolverError)
  {
    guard max(rows, columns) <= maximumExtent else { throw .shapeMismatch("\(rows)×\(columns) is too large") }
    guard rows > 0, columns > 0 else { return }
    let (order, depth) = (blasint(rows), blasint(columns))
    library.dsyrk(columnMajor, lower, notTransposed, order, depth, 1, a, order, 0, &product, order)
  }

  /// The lower Cholesky factor in place; the upper triangle is left as it was.
  static func dpotrf(_ library: Library, order: Int, _ a: inout [Double]) throws(SolverError) {
    guard order <= maximumExtent else { throw .shapeMismatch("order \(order) is too large") }
    var (n, info) = (blasint(order), blasint(0))
    var leading = max(n, 1)
    library.dpotrf("L", &n, &a, &leading, &info)
    guard info == 0 else { throw .notPositiveDefinite }
  }

  /// Solves with the lower factor.
  static func dpotrs(_ library: Library, order: Int, _ factor: [Double], _ b: [Double]) throws(SolverError) -> [Double]
  {
    guard order <= maximumExtent else { throw .shapeMismatch("order \(order) is too large") }
    var (n, one, info) = (blasint(order), blasint(1), blasint(0))
    var (leading, leadingB) = (max(n, 1), max(n, 1))
    var x = b
    library.dpotrs("L", &n, &one, factor, &leading, &x, &leadingB, &info)
    guard info == 0 else { throw .singular }
    return x
  }

  /// The lower triangle of the inverse in the place of the lower factor.
  static func dpotri(_ library: Library, order: Int, _ factor: inout [Double]) throws(SolverError) {
    guard order <= maximumExtent else { throw .shapeMismatch("order \(order) is too large") }
    var (n, info) = (blasint(order), blasint(0))
    var leading = max(n, 1)
    library.dpotri("L", &n, &factor, &leading, &info)
    guard info == 0 else { throw .singular }
  }
}

// MARK: - Binding

extension OpenBLAS {
  /// Whether this build can bind its threads.
  static var canSetAffinity: Bool { library?.setAffinity != nil }

  /// Binds OpenBLAS's thread `index` (from 0) to one hardware thread; false when refused.
  static func setAffinity(thread index: Int, to processingUnit: Int) -> Bool {
    guard let function = library?.setAffinity else { return false }
    // cpu_set_t is an array of bits.
    var words = Array(repeating: UInt(0), count: MemoryLayout<cpu_set_t>.size / MemoryLayout<UInt>.size)
    let (word, bit) = processingUnit.quotientAndRemainder(dividingBy: UInt.bitWidth)
    guard words.indices.contains(word), index >= 0 else { return false }
    words[word] = 1 << UInt(bit)
    return words.withUnsafeMutableBytes { bytes in
      guard let set = bytes.baseAddress?.assumingMemoryBound(to: cpu_set_t.self) else { return false }
      return function(Int32(clamping: index), bytes.count, set) == 0
    }
  }
}
