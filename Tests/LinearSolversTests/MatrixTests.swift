import LinearSolvers
import SeededRandom
import Testing

@Suite struct MatrixTests {
  private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var random = SplitMix64(seed: seed)
    var matrix = Matrix(rows: rows, columns: columns)
    for index in matrix.elements.indices { matrix.elements[index] = Double.random(in: -1...1, using: &random) }
    return matrix
  }

  @Test func elementsStandByColumn() throws {
    let matrix = try Matrix(columns: [[1, 2, 3], [4, 5, 6]])
    #expect(matrix.rows == 3)
    #expect(matrix.columns == 2)
    #expect(matrix.elements == [1, 2, 3, 4, 5, 6])
    #expect(matrix[2, 0] == 3)
    #expect(matrix[0, 1] == 4)
  }

  @Test func extentsBelowZeroCountAsZero() {
    #expect(Matrix(rows: -2, columns: 3) == Matrix(rows: 0, columns: 3))
    #expect(Matrix(rows: 2, columns: -1).elements.isEmpty)
  }

  @Test func columnsOfUnequalLengthAreRefused() {
    #expect(throws: SolverError.shapeMismatch("columns of unequal length")) { try Matrix(columns: [[1, 2], [3]]) }
  }

  @Test func selectingTakesColumnsInTheOrderAsked() throws {
    let matrix = try Matrix(columns: [[1, 2], [3, 4], [5, 6]])
    #expect(matrix.selecting(columns: [2, 0]) == (try Matrix(columns: [[5, 6], [1, 2]])))
    #expect(matrix.selecting(columns: []).columns == 0)
  }

  @Test(arguments: 0..<20)
  func productsAreSumsOverElements(seed: UInt64) {
    let (rows, columns) = (Int(seed % 5) + 1, Int(seed % 7) + 1)
    let matrix = random(rows, columns, seed: seed)
    let x = random(columns, 1, seed: seed + 100).elements
    let y = random(rows, 1, seed: seed + 200).elements
    for (i, value) in matrix.times(x).enumerated() {
      let sum = (0..<columns).reduce(0) { $0 + matrix[i, $1] * x[$1] }
      #expect(abs(value - sum) < 1e-14)
    }
    for (j, value) in matrix.transposeTimes(y).enumerated() {
      let sum = (0..<rows).reduce(0) { $0 + matrix[$1, j] * y[$1] }
      #expect(abs(value - sum) < 1e-14)
    }
  }

  @Test(arguments: [0, 1, 5, 31, 32, 33, 100])
  func aMirroredMatrixIsSymmetric(order: Int) {
    var matrix = Matrix(rows: order, columns: order)
    for j in 0..<order { for i in 0..<order { matrix[i, j] = Double(1000 * i + j) } }
    matrix.mirrorLower()
    for j in 0..<order { for i in 0..<order { #expect(matrix[i, j] == Double(1000 * max(i, j) + min(i, j))) } }
  }
}
