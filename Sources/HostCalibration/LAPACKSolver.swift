public import LinearSolvers

/// Dense solves by the LAPACK inside OpenBLAS.
///
/// The factorizations are those of the reference LAPACK (Anderson et al., *LAPACK Users' Guide*, 3rd ed.): `dgels`
/// (QR) for least squares, `dsyrk` for sums over rows, `dpotrf`, `dpotrs` and `dpotri` for Cholesky. Where OpenBLAS is not
/// installed, or the address space too small for it, `PortableSolver` solves in its place: the same to rounding, and slower.
public struct LAPACKSolver: DenseSolver {
  /// A solver; it holds no state.
  public init() {}

  /// Whether OpenBLAS guards its buffers: builds without threads need not.
  public var isConcurrent: Bool { OpenBLAS.solver == nil || OpenBLASBuild.current.threading != .sequential }

  /// Has OpenBLAS use one thread in this process from now on, and start no others where it is not loaded yet.
  ///
  /// The systems of a fit are too small to gain by more, and threads that wait for work spin. It is for processes that
  /// do not measure with OpenBLAS's threads.
  public static func runOnOneThread() { OpenBLAS.runOnOneThread() }

  /// Least squares by `dgels`, on columns scaled to unit length.
  ///
  /// - Throws: `SolverError`. O(rows × columns²).
  public func leastSquares(_ a: Matrix, _ b: [Double]) throws(SolverError) -> [Double] {
    guard let library = OpenBLAS.solver else { return try PortableSolver().leastSquares(a, b) }
    try a.checkLeastSquares(b)
    // Columns of unit length: the test for dependence then speaks of angles, not of units.
    var scaled = a.elements
    var norms: [Double] = []
    for j in 0..<a.columns {
      let column = j * a.rows..<(j + 1) * a.rows
      let largest = scaled[column].reduce(0) { max($0, abs($1)) }
      guard largest > 0 else { throw .singular }
      let norm = largest * scaled[column].reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
      guard norm.isFinite else { throw .notFinite }
      for i in column { scaled[i] /= norm }
      norms.append(norm)
    }
    let solution = try OpenBLAS.dgels(library, rows: a.rows, columns: a.columns, &scaled, b)
    // R's diagonal holds what of each column is left beside those before it.
    let tolerance = 1e-13 * Double(a.rows)
    for j in 0..<a.columns where !(abs(scaled[j * a.rows + j]) > tolerance) { throw .singular }
    return zip(solution, norms).map { $0 / $1 }
  }

  /// The lower triangle of A·Aᵀ by `dsyrk`.
  ///
  /// - Throws: `SolverError`. O(rows² × columns).
  public func gram(_ a: Matrix) throws(SolverError) -> Matrix {
    guard let library = OpenBLAS.solver else { return try PortableSolver().gram(a) }
    try a.checkFinite()
    var product = Matrix(rows: a.rows, columns: a.rows)
    try OpenBLAS.dsyrk(library, rows: a.rows, columns: a.columns, a.elements, &product.elements)
    return product
  }

  /// The lower Cholesky factor by `dpotrf`.
  ///
  /// - Throws: `SolverError`. O(n³).
  public func cholesky(_ a: Matrix) throws(SolverError) -> Matrix {
    guard let library = OpenBLAS.solver else { return try PortableSolver().cholesky(a) }
    try a.checkSquare()
    var factor = a
    try OpenBLAS.dpotrf(library, order: a.rows, &factor.elements)
    factor.elements.withUnsafeMutableBufferPointer { elements in
      for j in 0..<a.rows {
        for i in 0..<j { elements[j * a.rows + i] = 0 }
      }
    }
    return factor
  }

  /// Solves with the factor by `dpotrs`.
  ///
  /// - Throws: `SolverError`. O(n²).
  public func solve(cholesky factor: Matrix, _ b: [Double]) throws(SolverError) -> [Double] {
    guard let library = OpenBLAS.solver else { return try PortableSolver().solve(cholesky: factor, b) }
    try factor.checkSquare(with: b)
    for i in 0..<factor.rows where factor[i, i] == 0 { throw .singular }
    return try OpenBLAS.dpotrs(library, order: factor.rows, factor.elements, b)
  }

  /// The inverse by `dpotri`.
  ///
  /// - Throws: `SolverError`. O(n³).
  public func inverse(cholesky factor: Matrix) throws(SolverError) -> Matrix {
    guard let library = OpenBLAS.solver else { return try PortableSolver().inverse(cholesky: factor) }
    try factor.checkSquare()
    for i in 0..<factor.rows where factor[i, i] == 0 { throw .singular }
    var inverse = factor
    try OpenBLAS.dpotri(library, order: factor.rows, &inverse.elements)
    inverse.mirrorLower()
    return inverse
  }
}
