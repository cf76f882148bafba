internal import Foundation
internal import LinearSolvers

extension StructuralModel {
  /// Fits the coefficients to rows by relative error, robustly.
  ///
  /// Minimises Σ wᵢ²·(t̂ᵢ/tᵢ − 1)², three times over; the weights of rows whose log residual exceeds three median
  /// deviations fall off as in Huber's estimator, so that a disturbed measurement does not bend the model.
  static func fit(
    _ rows: [FitRow], geometry: BlockGeometry, elementSize: Double, passes: Int = 3, solver: any DenseSolver
  ) throws(SolverError) -> StructuralModel {
    var model = StructuralModel(geometry: geometry, elementSize: elementSize, coefficients: [])
    let small = rows.filter { geometry.isSmall($0.m, $0.k, $0.n) }
    let large = rows.filter { !geometry.isSmall($0.m, $0.k, $0.n) }
    // A side without rows of its own takes the other's costs.
    model.coefficients = try coefficients(
      large.isEmpty ? small : large, geometry: geometry, elementSize: elementSize, passes: passes, solver: solver)
    if geometry.threshold != nil {
      model.smallCoefficients =
        small.isEmpty
        ? model.coefficients
        : try coefficients(small, geometry: geometry, elementSize: elementSize, passes: passes, solver: solver)
    }
    return model
  }

  private static func coefficients(
    _ rows: [FitRow], geometry: BlockGeometry, elementSize: Double, passes: Int, solver: any DenseSolver
  ) throws(SolverError) -> [Double] {
    let scaled = rows.map { row in
      features(m: row.m, k: row.k, n: row.n, geometry: geometry, elementSize: elementSize).map { $0 / row.seconds }
    }
    let goals = Array(repeating: 1.0, count: rows.count)
    var weights = goals
    var coefficients: [Double] = []
    for _ in 0..<passes {
      coefficients = try NonNegativeLeastSquares.solve(rows: scaled, goals: goals, weights: weights, solver: solver)
      let residuals = scaled.map { row in
        abs(log(max(zip(row, coefficients).reduce(0) { $0 + $1.0 * $1.1 }, 1e-9)))
      }
      let limit = 3 * max(ErrorStatistics.quantile(residuals.sorted(), 0.5), 1e-4)
      weights = residuals.map { $0 > limit ? (limit / $0).squareRoot() : 1 }
    }
    return coefficients
  }

  /// The geometry whose fit errs least on rows that it has not seen: panels along m, then along n, then the depth.
  ///
  /// Judged by the mean |log error| of a two-fold test on at most 600 rows. Deterministic.
  static func searchGeometry(
    _ rows: [FitRow], elementSize: Double, solver: any DenseSolver
  ) throws(SolverError) -> BlockGeometry {
    let sample = SeededGenerator.sample(rows.count, limit: 600, seed: 1).map { rows[$0] }
    let halves = [0, 1].map { half in sample.enumerated().filter { $0.offset % 2 == half }.map(\.element) }
    func error(_ geometry: BlockGeometry) throws(SolverError) -> Double {
      var sum = 0.0
      for half in 0...1 {
        let model = try fit(halves[half], geometry: geometry, elementSize: elementSize, passes: 2, solver: solver)
        for row in halves[1 - half] {
          // A miss by a factor counts as one: the search is for structure, not for outliers.
          sum += min(abs(log(max(model.seconds(m: row.m, k: row.k, n: row.n), 1e-15) / row.seconds)), 0.7)
        }
      }
      return sum
    }
    var best = BlockGeometry.initial
    var least = try error(best)
    func consider(_ geometry: BlockGeometry) throws(SolverError) {
      let value = try error(geometry)
      // A richer geometry has to be worth it.
      if value < least * 0.995 {
        least = value
        best = geometry
      }
    }
    for _ in 0..<2 {
      let before = best
      for threshold in BlockGeometry.thresholdChoices where threshold != best.threshold {
        var geometry = best
        geometry.threshold = threshold
        let small = sample.count { geometry.isSmall($0.m, $0.k, $0.n) }
        if min(small, sample.count - small) >= 60 { try consider(geometry) }
      }
      for panels in BlockGeometry.panelChoices where panels != best.rowPanels {
        var geometry = best
        geometry.rowPanels = panels
        try consider(geometry)
      }
      for panels in BlockGeometry.panelChoices where panels != best.columnPanels {
        var geometry = best
        geometry.columnPanels = panels
        try consider(geometry)
      }
      for depth in [128, 320, 448, 640] where depth != best.depth {
        var geometry = best
        geometry.depth = depth
        try consider(geometry)
      }
      if best == before { break }
    }
    return best
  }
}
