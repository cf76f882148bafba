/// What fitting needs from dense linear algebra.
///
/// Two conformers: `LAPACKSolver` in HostCalibration (LAPACK inside OpenBLAS; what the command uses) and
/// ``PortableSolver`` here, which needs no library, so that models can be fitted and tested without OpenBLAS, and
/// which the tests hold the other against.
public protocol DenseSolver: Sendable {
  /// Whether several threads may solve at once.
  var isConcurrent: Bool { get }

  /// The x that minimises ‖A·x − b‖₂, for A of full column rank with rows ≥ columns.
  ///
  /// - Throws: ``SolverError/singular`` when the columns depend on each other. O(rows × columns²).
  func leastSquares(_ a: Matrix, _ b: [Double]) throws(SolverError) -> [Double]

  /// The lower triangle of A·Aᵀ: the normal equations of rows that stand as A's columns; the upper triangle is zero.
  ///
  /// - Throws: ``SolverError/notFinite``. O(rows² × columns).
  func gram(_ a: Matrix) throws(SolverError) -> Matrix

  /// The lower factor L of a symmetric positive definite A = L·Lᵀ, whose lower triangle is all that is read; the upper
  /// triangle of the result is zero.
  ///
  /// - Throws: ``SolverError/notPositiveDefinite``. O(n³).
  func cholesky(_ a: Matrix) throws(SolverError) -> Matrix

  /// Solves L·Lᵀ·x = b with the factor that ``cholesky(_:)`` gave. O(n²).
  func solve(cholesky factor: Matrix, _ b: [Double]) throws(SolverError) -> [Double]

  /// (L·Lᵀ)⁻¹, in full, of the factor that ``cholesky(_:)`` gave.
  ///
  /// - Throws: ``SolverError/singular``. O(n³).
  func inverse(cholesky factor: Matrix) throws(SolverError) -> Matrix
}

/// Why a system has no answer.
public enum SolverError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Extents that do not go together; the text says which.
  case shapeMismatch(String)
  /// The columns are linearly dependent to working precision.
  case singular
  /// A leading minor is not positive.
  case notPositiveDefinite
  /// An entry is NaN or infinite.
  case notFinite

  /// One line for people.
  public var description: String {
    switch self {
    case .shapeMismatch(let detail): "the extents of the linear system do not match: \(detail)"
    case .singular: "the linear system is singular: its columns depend on each other"
    case .notPositiveDefinite: "the matrix is not positive definite"
    case .notFinite: "the linear system holds a NaN or an infinity"
    }
  }
}
