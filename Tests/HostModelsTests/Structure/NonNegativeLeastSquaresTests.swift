import LinearSolvers
import SeededRandom
import Testing

@testable import HostModels

@Suite struct NonNegativeLeastSquaresTests {
  private func residual(_ rows: [[Double]], _ goals: [Double], _ x: [Double]) -> Double {
    zip(rows, goals).reduce(0) { sum, pair in
      let value = zip(pair.0, x).reduce(0) { $0 + $1.0 * $1.1 } - pair.1
      return sum + value * value
    }
  }

  @Test func agreesWithEverySubsetOfColumns() throws {
    var generator = SplitMix64(seed: 4)
    for _ in 0..<50 {
      let rows = (0..<12).map { _ in (0..<4).map { _ in Double.random(in: -1...1, using: &generator) } }
      let goals = (0..<12).map { _ in Double.random(in: -1...1, using: &generator) }
      let x = try NonNegativeLeastSquares.solve(
        rows: rows, goals: goals, weights: goals.map { _ in 1 }, solver: PortableSolver())
      #expect(x.allSatisfy { $0 >= 0 })
      // The optimum is the best of the unconstrained solutions over all subsets that come out non-negative.
      var least = goals.reduce(0) { $0 + $1 * $1 }
      for subset in 1..<16 {
        let chosen = (0..<4).filter { subset & (1 << $0) != 0 }
        let a = try Matrix(columns: chosen.map { j in rows.map { $0[j] } })
        let part = try PortableSolver().leastSquares(a, goals)
        guard part.allSatisfy({ $0 >= 0 }) else { continue }
        var whole = Array(repeating: 0.0, count: 4)
        for (j, value) in zip(chosen, part) { whole[j] = value }
        least = min(least, residual(rows, goals, whole))
      }
      #expect(abs(residual(rows, goals, x) - least) < 1e-6)
    }
  }

  @Test func findsPlantedCoefficientsAndSharesEqualColumns() throws {
    let rows = (1...20).map { i in [1.0, Double(i), Double(i), Double(i * i)] }
    let goals = rows.map { 3 * $0[0] + 2 * $0[1] + 0.5 * $0[3] }
    let x = try NonNegativeLeastSquares.solve(
      rows: rows, goals: goals, weights: goals.map { 1 / $0 }, solver: PortableSolver())
    #expect(abs(x[0] - 3) < 1e-3 && abs(x[1] + x[2] - 2) < 1e-3 && abs(x[3] - 0.5) < 1e-4)
  }

  @Test func refusesWhatIsNoSystem() {
    #expect(throws: SolverError.self) {
      try NonNegativeLeastSquares.solve(rows: [[1], [2]], goals: [1], weights: [1], solver: PortableSolver())
    }
    #expect(throws: SolverError.notFinite) {
      try NonNegativeLeastSquares.solve(rows: [[.nan]], goals: [1], weights: [1], solver: PortableSolver())
    }
  }
}
