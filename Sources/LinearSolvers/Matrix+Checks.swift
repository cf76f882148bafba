extension Matrix {
  /// Refuses what no least-squares solver can take: too few rows, a right side of another length, NaN, infinity.
  public func checkLeastSquares(_ b: [Double]) throws(SolverError) {
    guard rows >= columns, columns > 0 else { throw .shapeMismatch("\(rows) rows for \(columns) unknowns") }
    guard b.count == rows else { throw .shapeMismatch("\(rows) rows, \(b.count) right-hand sides") }
    guard elements.allSatisfy(\.isFinite), b.allSatisfy(\.isFinite) else { throw .notFinite }
  }

  /// Refuses a matrix that is not square, not finite, or does not fit the right-hand side.
  public func checkSquare(with b: [Double]? = nil) throws(SolverError) {
    guard rows == columns else { throw .shapeMismatch("\(rows)×\(columns) is not square") }
    if let b, b.count != rows { throw .shapeMismatch("\(rows) rows, \(b.count) right-hand sides") }
    guard elements.allSatisfy(\.isFinite), b?.allSatisfy(\.isFinite) ?? true else { throw .notFinite }
  }
}
