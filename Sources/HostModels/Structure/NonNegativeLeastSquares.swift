internal import Foundation
internal import LinearSolvers
internal import ModelStatistics

/// Least squares with non-negative unknowns, from the normal equations.
///
/// The active-set method of Lawson and Hanson, *Solving Least Squares Problems*, chapter 23, in the form of Bro and
/// de Jong (*A fast non-negativity-constrained least squares algorithm*, J. Chemometrics 11, 1997) that needs AᵀA and
/// Aᵀb only: rows are summed up once, and each step solves for the few columns in use.
enum NonNegativeLeastSquares {
  /// The non-negative cost of each feature by which times come out with the least relative error, robustly.
  ///
  /// Minimises Σ wᵢ²·(t̂ᵢ/tᵢ − 1)², `passes` times over; the weights of rows whose log residual exceeds three median
  /// deviations fall off as in Huber's estimator, so that a disturbed measurement does not bend the model. `trust` is
  /// what each row counts to begin with; 1 where it is not given.
  static func relativeFit(
    _ features: [[Double]], seconds: [Double], trust: [Double]? = nil, passes: Int = 3,
    solver: any DenseSolver
  ) throws(SolverError) -> [Double] {
    let trust = trust ?? Array(repeating: 1, count: seconds.count)
    let scaled = zip(features, seconds).map { row, time in row.map { $0 / time } }
    let system = try system(rows: scaled, goals: Array(repeating: 1, count: scaled.count), weights: trust)
    let all = try solver.gram(system)
    var sums = all
    for _ in 1..<max(passes, 1) {
      let coefficients = try solve(sums, solver)
      let residuals = scaled.map { row in
        abs(log(max(zip(row, coefficients).reduce(0) { $0 + $1.0 * $1.1 }, 1e-9)))
      }
      let limit = 3 * max(ErrorStatistics.quantile(residuals.sorted(), 0.5), 1e-4)
      // Few rows lie beyond: what they count less is taken off the sums over all.
      let beyond = residuals.indices.filter { residuals[$0] > limit }
      var part = system.selecting(columns: beyond)
      for (place, index) in beyond.enumerated() {
        let share = (1 - limit / residuals[index]).squareRoot()
        for i in 0..<part.rows { part[i, place] *= share }
      }
      let less = try solver.gram(part)
      sums = all
      for index in sums.elements.indices { sums.elements[index] -= less.elements[index] }
    }
    return try solve(sums, solver)
  }

  /// The x ≥ 0 that minimises ‖A·x − b‖₂², given `rows` of A and `goals` b with their weights.
  ///
  /// O(rows × columns²) once, then O(columns³) a step.
  static func solve(
    rows: [[Double]], goals: [Double], weights: [Double], solver: any DenseSolver
  ) throws(SolverError) -> [Double] {
    try solve(solver.gram(system(rows: rows, goals: goals, weights: weights)), solver)
  }

  /// A row with its goal behind it stands as a column: one product gives AᵀA and, as its last row, Aᵀb.
  private static func system(rows: [[Double]], goals: [Double], weights: [Double]) throws(SolverError) -> Matrix {
    let columns = rows.first?.count ?? 0
    guard columns > 0, goals.count == rows.count, weights.count == rows.count else {
      throw .shapeMismatch("\(rows.count) rows, \(goals.count) right-hand sides, \(weights.count) weights")
    }
    var system = Matrix(rows: columns + 1, columns: rows.count)
    for (index, row) in rows.enumerated() {
      let (start, weight) = (index * (columns + 1), weights[index])
      for j in 0..<min(columns, row.count) { system.elements[start + j] = weight * row[j] }
      system.elements[start + columns] = weight * goals[index]
    }
    return system
  }

  /// The solution by the sums over a system.
  ///
  /// Columns are scaled to unit length and a 10⁻⁹th is added to the diagonal, so that columns that depend on each other
  /// share their weight.
  private static func solve(_ sums: Matrix, _ solver: any DenseSolver) throws(SolverError) -> [Double] {
    let columns = sums.rows - 1
    let scales = (0..<columns).map { max(sums[$0, $0], 0).squareRoot() }
    var gram = Array(repeating: 0.0, count: columns * columns)
    for j in 0..<columns where scales[j] > 0 {
      gram[j * columns + j] = 1
      for i in j + 1..<max(columns, j + 1) where scales[i] > 0 {
        let value = sums[i, j] / (scales[i] * scales[j])
        gram[i * columns + j] = value
        gram[j * columns + i] = value
      }
    }
    let goal = (0..<columns).map { scales[$0] > 0 ? sums[columns, $0] / scales[$0] : 0 }
    let x = try activeSet(gram, goal, usable: scales.map { $0 > 0 }, solver)
    return (0..<columns).map { scales[$0] > 0 ? x[$0] / scales[$0] : 0 }
  }

  /// The x ≥ 0 that minimises xᵀ·G·x/2 − goalᵀ·x, for a symmetric G of unit diagonal.
  private static func activeSet(
    _ gram: [Double], _ goal: [Double], usable: [Bool], _ solver: any DenseSolver
  ) throws(SolverError) -> [Double] {
    let columns = goal.count
    var x = Array(repeating: 0.0, count: columns)
    var chosen: [Int] = []
    var isChosen = Array(repeating: false, count: columns)
    let tolerance = 1e-9 * (goal.map(abs).max() ?? 0)
    var barred: Int?
    for _ in 0..<(3 * columns + 10) {
      var entering: Int?
      var steepest = tolerance
      for j in 0..<columns where usable[j] && !isChosen[j] && j != barred {
        var gradient = goal[j]
        let base = j * columns
        for i in chosen { gradient -= gram[base + i] * x[i] }
        if gradient > steepest {
          steepest = gradient
          entering = j
        }
      }
      guard let entering else { break }
      chosen.append(entering)
      isChosen[entering] = true
      barred = nil
      // Step back to the feasible set until the solution of the chosen columns is positive.
      while !chosen.isEmpty {
        var a = Matrix(rows: chosen.count, columns: chosen.count)
        for (p, i) in chosen.enumerated() {
          for (q, j) in chosen.enumerated() { a[p, q] = gram[i * columns + j] + (p == q ? 1e-9 : 0) }
        }
        let z = try solver.solve(cholesky: solver.cholesky(a), chosen.map { goal[$0] })
        var step = 1.0
        for (position, j) in chosen.enumerated() where z[position] <= 0 {
          step = min(step, x[j] / (x[j] - z[position]))
        }
        for (position, j) in chosen.enumerated() { x[j] += step * (z[position] - x[j]) }
        if step >= 1 { break }
        let leaving = zip(chosen, z).filter { $1 <= 0 && x[$0] <= 1e-15 }.map(\.0)
        // An entering column that leaves at once would come back for ever.
        if leaving.contains(entering) { barred = entering }
        for j in leaving {
          x[j] = 0
          isChosen[j] = false
        }
        chosen.removeAll { !isChosen[$0] }
        if leaving.isEmpty { break }
      }
    }
    return x
  }
}
