import LinearSolvers
import SeededRandom
import Testing

@Suite struct PortableSolverTests {
  private let solver = PortableSolver()

  private func random(_ rows: Int, _ columns: Int, _ generator: inout SplitMix64) -> Matrix {
    var matrix = Matrix(rows: rows, columns: columns)
    for index in matrix.elements.indices { matrix.elements[index] = Double.random(in: -1...1, using: &generator) }
    return matrix
  }

  /// AᵀA + I: symmetric positive definite.
  private func positiveDefinite(_ n: Int, _ generator: inout SplitMix64) -> Matrix {
    let a = random(n, n, &generator)
    var product = Matrix(rows: n, columns: n)
    for j in 0..<n {
      let column = a.transposeTimes((0..<n).map { a[$0, j] })
      for i in 0..<n { product[i, j] = column[i] + (i == j ? 1 : 0) }
    }
    return product
  }

  @Test(arguments: 0..<40)
  func leastSquaresFindsPlantedSolutions(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let columns = Int(seed % 8) + 1
    let a = random(columns + Int(seed % 5), columns, &generator)
    let planted = random(columns, 1, &generator).elements
    let found = try solver.leastSquares(a, a.times(planted))
    // Square random matrices may be badly conditioned: what must vanish is the residual.
    for (value, wanted) in zip(a.times(found), a.times(planted)) { #expect(abs(value - wanted) < 1e-12) }
    if a.rows >= columns + 3 {
      for (value, wanted) in zip(found, planted) { #expect(abs(value - wanted) < 1e-10) }
    }
  }

  @Test(arguments: 0..<40)
  func leastSquaresMeetsTheNormalEquations(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let columns = Int(seed % 6) + 1
    let a = random(columns + 20, columns, &generator)
    let b = random(a.rows, 1, &generator).elements
    let x = try solver.leastSquares(a, b)
    let residual = zip(a.times(x), b).map { $0 - $1 }
    for value in a.transposeTimes(residual) { #expect(abs(value) < 1e-12) }
  }

  @Test(arguments: [(1, 1), (3, 7), (9, 4), (20, 50)])
  func gramIsTheProductWithTheTranspose(rows: Int, columns: Int) throws {
    var generator = SplitMix64(seed: UInt64(rows * 100 + columns))
    let a = random(rows, columns, &generator)
    let gram = try solver.gram(a)
    #expect(gram.rows == rows && gram.columns == rows)
    for i in 0..<rows {
      for j in 0..<rows {
        let product = (0..<columns).reduce(0.0) { $0 + a[i, $1] * a[j, $1] }
        #expect(abs(gram[i, j] - (i >= j ? product : 0)) < 1e-12)
      }
    }
  }

  /// Seconds over flops, bytes and calls: columns differ by 24 orders of magnitude, and none is dependent.
  @Test func columnsOfVeryDifferentUnitsAreIndependent() throws {
    var generator = SplitMix64(seed: 1)
    var a = random(200, 3, &generator)
    let planted = [2e-12, 3.0, 5e12]
    for i in 0..<a.rows {
      a[i, 0] *= 1e12
      a[i, 2] *= 1e-12
    }
    let found = try solver.leastSquares(a, a.times(planted))
    for (value, wanted) in zip(found, planted) { #expect(abs(value / wanted - 1) < 1e-10) }
  }

  @Test(arguments: [1e-200, 1e200])
  func entriesWhoseSquaresLeaveTheRangeOfDoubleAreSolved(scale: Double) throws {
    let a = try Matrix(columns: [[1, 2, 4].map { $0 * scale }, [1, 1, 1].map { $0 * scale }])
    let found = try solver.leastSquares(a, [3, 5, 9].map { $0 * scale })
    #expect(abs(found[0] - 2) < 1e-12)
    #expect(abs(found[1] - 1) < 1e-12)
  }

  @Test func dependentColumnsAreSingular() throws {
    let a = try Matrix(columns: [[1, 2, 3, 4], [1, 1, 1, 1], [2, 3, 4, 5]])
    #expect(throws: SolverError.singular) { try solver.leastSquares(a, [1, 2, 3, 4]) }
    let zero = try Matrix(columns: [[1, 2, 3], [0, 0, 0]])
    #expect(throws: SolverError.singular) { try solver.leastSquares(zero, [1, 2, 3]) }
  }

  @Test func systemsThatDoNotFitAreRefused() {
    #expect(throws: SolverError.shapeMismatch("1 rows for 2 unknowns")) {
      try solver.leastSquares(Matrix(rows: 1, columns: 2), [1])
    }
    #expect(throws: SolverError.shapeMismatch("2×1 is not square")) {
      try solver.cholesky(Matrix(rows: 2, columns: 1))
    }
    #expect(throws: SolverError.shapeMismatch("2 rows, 3 right-hand sides")) {
      try solver.solve(cholesky: Matrix(rows: 2, columns: 2), [1, 2, 3])
    }
  }

  @Test(arguments: 1..<20)
  func theCholeskyFactorTimesItsTransposeIsTheMatrix(n: Int) throws {
    var generator = SplitMix64(seed: UInt64(n))
    let a = positiveDefinite(n, &generator)
    let l = try solver.cholesky(a)
    for i in 0..<n {
      #expect(l[i, i] > 0)
      for j in 0..<n {
        if j > i { #expect(l[i, j] == 0) }
        let product = (0..<n).reduce(0) { $0 + l[i, $1] * l[j, $1] }
        #expect(abs(product - a[i, j]) < 1e-12 * Double(n))
      }
    }
  }

  @Test(arguments: 1..<20)
  func theFactorSolves(n: Int) throws {
    var generator = SplitMix64(seed: UInt64(n) + 50)
    let a = positiveDefinite(n, &generator)
    let planted = random(n, 1, &generator).elements
    let found = try solver.solve(cholesky: solver.cholesky(a), a.times(planted))
    for (value, wanted) in zip(found, planted) { #expect(abs(value - wanted) < 1e-11) }
  }

  @Test func anIndefiniteMatrixHasNoFactor() throws {
    #expect(throws: SolverError.notPositiveDefinite) { try solver.cholesky(Matrix(columns: [[1, 2], [2, 1]])) }
    #expect(throws: SolverError.notPositiveDefinite) { try solver.cholesky(Matrix(rows: 2, columns: 2)) }
    #expect(throws: SolverError.singular) { try solver.solve(cholesky: Matrix(rows: 1, columns: 1), [1]) }
  }

  @Test(arguments: [1, 2, 7, 30])
  func theInverseTimesTheMatrixIsOne(order: Int) throws {
    var generator = SplitMix64(seed: UInt64(order))
    let a = positiveDefinite(order, &generator)
    let inverse = try solver.inverse(cholesky: solver.cholesky(a))
    for j in 0..<order {
      let column = a.times((0..<order).map { inverse[$0, j] })
      for i in 0..<order { #expect(abs(column[i] - (i == j ? 1 : 0)) < 1e-10) }
    }
  }

  @Test func aFactorWithAZeroHasNoInverse() {
    #expect(throws: SolverError.singular) { try solver.inverse(cholesky: Matrix(rows: 2, columns: 2)) }
    #expect(throws: SolverError.self) { try solver.inverse(cholesky: Matrix(rows: 2, columns: 3)) }
  }
}
