import LinearSolvers
import Testing

@Suite struct MatrixChecksTests {
  @Test func leastSquaresNeedsEnoughFiniteRows() throws {
    let matrix = try Matrix(columns: [[1, 2, 3], [4, 5, 6]])
    try matrix.checkLeastSquares([1, 2, 3])
    #expect(throws: SolverError.shapeMismatch("3 rows, 2 right-hand sides")) { try matrix.checkLeastSquares([1, 2]) }
    #expect(throws: SolverError.shapeMismatch("1 rows for 2 unknowns")) {
      try Matrix(rows: 1, columns: 2).checkLeastSquares([1])
    }
    #expect(throws: SolverError.shapeMismatch("0 rows for 0 unknowns")) {
      try Matrix(rows: 0, columns: 0).checkLeastSquares([])
    }
    #expect(throws: SolverError.notFinite) { try matrix.checkLeastSquares([1, .nan, 3]) }
    #expect(throws: SolverError.notFinite) { try Matrix(columns: [[1, .infinity]]).checkLeastSquares([1, 2]) }
  }

  @Test func aSquareMatrixIsSquareFiniteAndFits() throws {
    try Matrix(rows: 2, columns: 2).checkSquare(with: [1, 2])
    #expect(throws: SolverError.shapeMismatch("2×3 is not square")) { try Matrix(rows: 2, columns: 3).checkSquare() }
    #expect(throws: SolverError.shapeMismatch("2 rows, 1 right-hand sides")) {
      try Matrix(rows: 2, columns: 2).checkSquare(with: [1])
    }
    #expect(throws: SolverError.notFinite) { try Matrix(columns: [[.nan]]).checkSquare() }
    #expect(throws: SolverError.notFinite) { try Matrix(rows: 1, columns: 1).checkSquare(with: [.infinity]) }
  }
}
