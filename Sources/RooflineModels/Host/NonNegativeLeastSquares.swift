internal import LinearSolvers

/// Least squares with non-negative unknowns.
///
/// The active-set method of Lawson and Hanson, *Solving Least Squares Problems*, chapter 23, algorithm NNLS.
enum NonNegativeLeastSquares {
  /// The x ≥ 0 that minimises ‖A·x − b‖₂.
  ///
  /// Columns that depend on those already chosen are left out. O(columns) solves of the chosen columns.
  static func solve(_ a: Matrix, _ b: [Double], solver: any DenseSolver) throws(SolverError) -> [Double] {
    try a.checkLeastSquares(b)
    var x = Array(repeating: 0.0, count: a.columns)
    var chosen: [Int] = []
    var barred: Set<Int> = []
    let scales = (0..<a.columns).map { j in
      (0..<a.rows).reduce(0.0) { $0 + a[$1, j] * a[$1, j] }.squareRoot()
    }
    let goal = b.reduce(0.0) { $0 + $1 * $1 }.squareRoot()
    for _ in 0..<(3 * a.columns) {
      let fitted = a.times(x)
      let gradient = a.transposeTimes(zip(b, fitted).map { $0 - $1 })
      var entering: Int?
      var steepest = 1e-9 * goal
      for j in 0..<a.columns where scales[j] > 0 && !chosen.contains(j) && !barred.contains(j) {
        if gradient[j] / scales[j] > steepest {
          steepest = gradient[j] / scales[j]
          entering = j
        }
      }
      guard let entering else { break }
      chosen.append(entering)
      // Step back to the feasible set until the solution of the chosen columns is positive.
      while !chosen.isEmpty {
        let z: [Double]
        do {
          z = try solver.leastSquares(a.selecting(columns: chosen), b)
        } catch SolverError.singular {
          chosen.removeAll { $0 == entering }
          barred.insert(entering)
          break
        }
        var step = 1.0
        for (position, j) in chosen.enumerated() where z[position] <= 0 {
          step = min(step, x[j] / (x[j] - z[position]))
        }
        for (position, j) in chosen.enumerated() { x[j] += max(step, 0) * (z[position] - x[j]) }
        if step >= 1 { break }
        let dropped = chosen.filter { x[$0] <= 1e-300 }
        for j in dropped { x[j] = 0 }
        chosen.removeAll { x[$0] <= 1e-300 }
        if dropped.contains(entering) { barred.insert(entering) }
        if dropped.isEmpty { break }
      }
    }
    return x
  }
}
