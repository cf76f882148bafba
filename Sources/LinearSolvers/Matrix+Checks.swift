extension Matrix {
  /// Refuses what no least-squares solver can take: too few rows, a right side of another length, NaN, infinity.
  public func checkLeastSquares(_ b: [Double]) throws(SolverError) {
    guard rows >= columns, columns > 0 else { throw .shapeMismatch("\(rows) rows for \(columns) unknowns") }
    guard b.count == rows else { throw .shapeMismatch("\(rows) rows, \(b.count) right-hand sides") }
    guard hasFiniteElements, b.allSatisfy(\.isFinite) else { throw .notFinite }
  }

  /// Whether no element is NaN or infinite.
  private var hasFiniteElements: Bool {
    // A product with zero is zero but for those: quicker than a branch for each, eight abreast.
    elements.withUnsafeBytes { bytes in
      let (step, whole) = (MemoryLayout<SIMD8<Double>>.size, bytes.count & ~63)
      var sums = SIMD8<Double>.zero
      for offset in stride(from: 0, to: whole, by: step) {
        sums += bytes.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self) * 0
      }
      return sums.sum() == 0 && elements[(whole / 8)...].allSatisfy(\.isFinite)
    }
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
