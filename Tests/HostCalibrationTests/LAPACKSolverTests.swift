import LinearSolvers
import SeededRandom
import Testing

@testable import HostCalibration

@Suite struct LAPACKSolverTests {
  private static func random(rows: Int, columns: Int, _ generator: inout SplitMix64) -> Matrix {
    var matrix = Matrix(rows: rows, columns: columns)
    for index in matrix.elements.indices { matrix.elements[index] = Double.random(in: -1...1, using: &generator) }
    return matrix
  }

  private static func expectEqual(_ a: [Double], _ b: [Double], relative: Double = 1e-9) {
    #expect(a.count == b.count)
    let scale = b.reduce(1e-300) { max($0, abs($1)) }
    for (x, y) in zip(a, b) { #expect(abs(x - y) <= relative * scale) }
  }

  @Test(arguments: [(1, 1), (3, 3), (9, 4), (40, 7), (200, 20)])
  func leastSquaresAgreesWithThePortableSolver(rows: Int, columns: Int) throws {
    var generator = SplitMix64(seed: UInt64(rows * 100 + columns))
    let a = Self.random(rows: rows, columns: columns, &generator)
    let b = (0..<rows).map { _ in Double.random(in: -1...1, using: &generator) }
    Self.expectEqual(try LAPACKSolver().leastSquares(a, b), try PortableSolver().leastSquares(a, b), relative: 1e-8)
  }

  @Test(arguments: [(1, 1), (3, 7), (9, 4), (40, 300), (120, 30)])
  func gramAgreesWithThePortableSolver(rows: Int, columns: Int) throws {
    var generator = SplitMix64(seed: UInt64(rows * 1000 + columns))
    let a = Self.random(rows: rows, columns: columns, &generator)
    Self.expectEqual(try LAPACKSolver().gram(a).elements, try PortableSolver().gram(a).elements, relative: 1e-12)
  }

  @Test func leastSquaresDoesNotMindUnits() throws {
    var generator = SplitMix64(seed: 7)
    var a = Self.random(rows: 30, columns: 3, &generator)
    // Seconds a flop beside seconds a byte beside a constant: sixteen orders of magnitude apart.
    let scales = [1e-12, 1.0, 1e160]
    let planted = [3e12, 0.5, -2e-160]
    for j in 0..<3 { for i in 0..<30 { a[i, j] *= scales[j] } }
    let x = try LAPACKSolver().leastSquares(a, a.times(planted))
    for (found, wanted) in zip(x, planted) { #expect(abs(found / wanted - 1) < 1e-10) }
  }

  @Test func dependentColumnsAreSingular() throws {
    var generator = SplitMix64(seed: 8)
    var a = Self.random(rows: 20, columns: 4, &generator)
    for i in 0..<20 { a[i, 3] = 2 * a[i, 0] - a[i, 2] }
    #expect(throws: SolverError.singular) { try LAPACKSolver().leastSquares(a, Array(repeating: 1, count: 20)) }
    for i in 0..<20 { a[i, 3] = 0 }
    #expect(throws: SolverError.singular) { try LAPACKSolver().leastSquares(a, Array(repeating: 1, count: 20)) }
  }

  @Test func wrongExtentsAndNaNAreErrors() {
    let solver = LAPACKSolver()
    #expect(throws: SolverError.self) { try solver.leastSquares(Matrix(rows: 2, columns: 3), [1, 2]) }
    #expect(throws: SolverError.self) { try solver.leastSquares(Matrix(rows: 0, columns: 0), []) }
    var a = Matrix(rows: 2, columns: 1)
    a.elements = [1, .nan]
    #expect(throws: SolverError.notFinite) { try solver.leastSquares(a, [1, 2]) }
    #expect(throws: SolverError.notFinite) { try solver.gram(a) }
    #expect(throws: SolverError.self) { try solver.cholesky(Matrix(rows: 2, columns: 3)) }
  }

  @Test(arguments: [1, 2, 5, 30, 90])
  func choleskyAgreesAndSolves(order: Int) throws {
    var generator = SplitMix64(seed: UInt64(order))
    let g = Self.random(rows: order, columns: order, &generator)
    var a = Matrix(rows: order, columns: order)
    for i in 0..<order {
      for j in 0..<order {
        for k in 0..<order { a[i, j] += g[i, k] * g[j, k] }
      }
      a[i, i] += 1
    }
    let factor = try LAPACKSolver().cholesky(a)
    Self.expectEqual(factor.elements, try PortableSolver().cholesky(a).elements)
    let x = (0..<order).map { _ in Double.random(in: -1...1, using: &generator) }
    Self.expectEqual(try LAPACKSolver().solve(cholesky: factor, a.times(x)), x, relative: 1e-8)
    Self.expectEqual(
      try LAPACKSolver().inverse(cholesky: factor).elements, try PortableSolver().inverse(cholesky: factor).elements,
      relative: 1e-8)
  }

  @Test func indefiniteMatricesHaveNoFactor() {
    var a = Matrix(rows: 2, columns: 2)
    a.elements = [1, 2, 2, 1]
    #expect(throws: SolverError.notPositiveDefinite) { try LAPACKSolver().cholesky(a) }
    #expect(throws: SolverError.singular) {
      try LAPACKSolver().inverse(cholesky: Matrix(rows: 2, columns: 2))
    }
    #expect(throws: SolverError.singular) {
      try LAPACKSolver().solve(cholesky: Matrix(rows: 2, columns: 2), [1, 1])
    }
  }
}
