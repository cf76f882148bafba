extension Matrix {
  /// Refuses what no least-squares solver can take: too few rows, a right side of another length, NaN, infinity.
  public func checkLeastSquares(_ b: [Double]) throws(SolverError) {
    guard rows >= columns, columns > 0 else { throw .shapeMismatch("\(rows) rows for \(columns) unknowns") }
    guard b.count == rows else { throw .shapeMismatch("\(rows) rows, \(b.count) right-hand sides") }
    guard hasFiniteElements, b.allSatisfy(\.isFinite) else { throw .notFinite }
  }

  /// Whether no element is NaN or infinite.
  private var hasFiniteElements: Bool {
    // A product with zero is zero but for those: quicker than a branch for each.
    elements.withUnsafeBufferPointer { elements in elements.reduce(0.0) { $0 + $1 * 0 } == 0 }
  }

  /// Refuses NaN and infinity.
  public func checkFinite() throws(SolverError) {
    guard hasFiniteElements else { throw .notFinite }
  }

  /// Refuses a matrix that is not square, not finite, or does not fit the right-hand side.
  public func checkSquare(with b: [Double]? = nil) throws(SolverError) {
    guard rows == columns else { throw .shapeMismatch("\(rows)×\(columns) is not square") }
    if let b, b.count != rows { throw .shapeMismatch("\(rows) rows, \(b.count) right-hand sides") }
    guard hasFiniteElements, b?.allSatisfy(\.isFinite) ?? true else { throw .notFinite }
  }
}
