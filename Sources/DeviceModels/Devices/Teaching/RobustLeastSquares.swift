internal import LinearSolvers

/// The most probable logarithms of parameters' factors, given rows that scatter and what was known before.
///
/// The x minimise
///
///     Σ ρ(rᵢ(x)/σ) + Σ (xⱼ/sⱼ)²
///
/// for residuals r of logarithms that scatter by σ and x that scatter by sⱼ about 0. ρ is Huber's: the square up to 2,
/// from there on linear, so that a row that nothing explains does not pull the rest. Gauss and Newton's iteration with
/// differences for derivatives, each step halved until the sum falls.
struct RobustLeastSquares {
  /// The s: how far each x may lie from 0.
  let deviations: [Double]
  /// The σ of the rows.
  let noise: Double
  /// Steps at most.
  let iterations: Int

  /// The best x, sought from 0 on, and its sum.
  ///
  /// O(iterations × x) calls of `residuals`.
  ///
  /// - Throws: `SolverError`; it does not occur with finite residuals.
  func minimum(
    solver: any DenseSolver, residuals: ([Double]) -> [Double]
  ) throws(SolverError) -> (x: [Double], cost: Double) {
    var x = Array(repeating: 0.0, count: deviations.count)
    var present = residuals(x)
    var least = cost(x, present)
    for _ in 0..<iterations {
      let weights = present.map { min(1, 2 * noise / abs($0)).squareRoot() / noise }
      var columns: [[Double]] = []
      for j in x.indices {
        var shifted = x
        shifted[j] += 1e-4
        var column = zip(zip(residuals(shifted), present), weights).map { ($0.0 - $0.1) / 1e-4 * $1 }
        column += x.indices.map { $0 == j ? 1 / deviations[j] : 0 }
        columns.append(column)
      }
      let right = zip(present, weights).map { -$0 * $1 } + zip(x, deviations).map { -$0 / $1 }
      let step = try solver.leastSquares(Matrix(columns: columns), right)
      var length = 1.0
      var gain = 0.0
      while length > 1e-3 {
        let next = zip(x, step).map { $0 + length * $1 }
        let nextResiduals = residuals(next)
        let nextCost = cost(next, nextResiduals)
        if nextCost < least {
          gain = least - nextCost
          (x, present, least) = (next, nextResiduals, nextCost)
          break
        }
        length /= 2
      }
      if gain <= 1e-6 * least { break }
    }
    return (x, least)
  }

  private func cost(_ x: [Double], _ residuals: [Double]) -> Double {
    let prior = zip(x, deviations).reduce(0) { $0 + ($1.0 / $1.1) * ($1.0 / $1.1) }
    return residuals.reduce(prior) { sum, residual in
      let size = abs(residual) / noise
      return sum + (size <= 2 ? size * size : 4 * size - 4)
    }
  }
}
