/// Dense solves in plain Swift: Householder QR and Cholesky, straight from the textbook.
///
/// For use without OpenBLAS, and as the reference that the LAPACK solver is tested against. After Golub and
/// Van Loan, *Matrix Computations*, 4th ed., algorithms 5.3.2 (Householder least squares) and 4.2.1 (Cholesky).
public struct PortableSolver: DenseSolver {
  /// It holds no state.
  public var isConcurrent: Bool { true }

  /// A solver; it has no state.
  public init() {}

  /// Least squares by Householder QR, without pivoting.
  ///
  /// Columns are scaled to unit length first, so that neither their units nor very large or small entries decide
  /// which of them counts as dependent.
  public func leastSquares(_ a: Matrix, _ b: [Double]) throws(SolverError) -> [Double] {
    try a.checkLeastSquares(b)
    var r = a
    var y = b
    let lengths = (0..<a.columns).map { r.normalizeColumn($0) }
    for j in 0..<a.columns {
      var norm = 0.0
      for i in j..<a.rows { norm += r[i, j] * r[i, j] }
      norm = norm.squareRoot()
      guard norm > 1e-13 * Double(a.rows).squareRoot() else { throw .singular }
      let alpha = r[j, j] > 0 ? -norm : norm
      var v = (j..<a.rows).map { r[$0, j] }
      v[0] -= alpha
      let vv = v.reduce(0) { $0 + $1 * $1 }
      func reflect(_ value: (Int) -> Double, _ store: (Int, Double) -> Void) {
        var dot = 0.0
        for i in v.indices { dot += v[i] * value(j + i) }
        for i in v.indices { store(j + i, value(j + i) - 2 * dot / vv * v[i]) }
      }
      for column in j..<a.columns { reflect({ r[$0, column] }, { r[$0, column] = $1 }) }
      reflect({ y[$0] }, { y[$0] = $1 })
    }
    var x = Array(repeating: 0.0, count: a.columns)
    for j in (0..<a.columns).reversed() {
      var sum = y[j]
      for k in (j + 1)..<max(a.columns, j + 1) { sum -= r[j, k] * x[k] }
      x[j] = sum / r[j, j]
    }
    return zip(x, lengths).map { $0 / $1 }
  }

  /// One column of `a` after the other.
  public func gram(_ a: Matrix) throws(SolverError) -> Matrix {
    try a.checkFinite()
    var product = Matrix(rows: a.rows, columns: a.rows)
    for column in 0..<a.columns {
      for j in 0..<a.rows where a[j, column] != 0 {
        for i in j..<a.rows { product[i, j] += a[i, column] * a[j, column] }
      }
    }
    return product
  }

  /// The Cholesky factor, reading only the lower triangle of `a`.
  public func cholesky(_ a: Matrix) throws(SolverError) -> Matrix {
    try a.checkSquare()
    var l = Matrix(rows: a.rows, columns: a.rows)
    for j in 0..<a.rows {
      var diagonal = a[j, j]
      for k in 0..<j { diagonal -= l[j, k] * l[j, k] }
      guard diagonal > 0 else { throw .notPositiveDefinite }
      l[j, j] = diagonal.squareRoot()
      for i in (j + 1)..<max(a.rows, j + 1) {
        var sum = a[i, j]
        for k in 0..<j { sum -= l[i, k] * l[j, k] }
        l[i, j] = sum / l[j, j]
      }
    }
    return l
  }

  /// Forward and back substitution.
  public func solve(cholesky factor: Matrix, _ b: [Double]) throws(SolverError) -> [Double] {
    try factor.checkSquare(with: b)
    let n = factor.rows
    var x = b
    for i in 0..<n {
      for k in 0..<i { x[i] -= factor[i, k] * x[k] }
      guard factor[i, i] != 0 else { throw .singular }
      x[i] /= factor[i, i]
    }
    for i in (0..<n).reversed() {
      for k in (i + 1)..<max(n, i + 1) { x[i] -= factor[k, i] * x[k] }
      x[i] /= factor[i, i]
    }
    return x
  }

  /// One column after the other.
  public func inverse(cholesky factor: Matrix) throws(SolverError) -> Matrix {
    try factor.checkSquare()
    var columns: [[Double]] = []
    for j in 0..<factor.rows {
      var unit = Array(repeating: 0.0, count: factor.rows)
      unit[j] = 1
      columns.append(try solve(cholesky: factor, unit))
    }
    return try Matrix(columns: columns)
  }
}

extension Matrix {
  /// Scales a column to Euclidean length 1 and returns its length before; a column of zeros stays and has length 0.
  fileprivate mutating func normalizeColumn(_ j: Int) -> Double {
    let column = (0..<rows).map { self[$0, j] }
    let largest = column.reduce(0) { max($0, abs($1)) }
    guard largest > 0 else { return 0 }
    // Divided by the largest entry first, so that no square overflows or vanishes.
    let length = column.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
    for i in 0..<rows { self[i, j] = column[i] / largest / length }
    return largest * length
  }
}
