internal import Foundation
internal import LinearSolvers

/// What is found out about a library before its costs are: where its paths part and how each blocks.
struct StructuralGeometry: Hashable, Sendable {
  var large: BlockGeometry
  /// The blocking of products up to the threshold; nil where there is one path.
  var small: BlockGeometry?
  var threshold = 0.0

  /// Whether a row takes the path of small products.
  func isSmall(_ row: FitRow) -> Bool { small != nil && row.m * row.k * row.n <= threshold }
}

extension StructuralModel {
  /// What both paths look like.
  var geometry: StructuralGeometry {
    StructuralGeometry(large: large.geometry, small: small?.geometry, threshold: threshold)
  }

  /// Fits the costs of each path to its rows.
  ///
  /// A path without rows of its own takes the other's costs.
  static func fit(
    _ rows: [FitRow], geometry: StructuralGeometry, elementSize: Double, solver: any DenseSolver
  ) throws(SolverError) -> StructuralModel {
    let small = rows.filter(geometry.isSmall)
    let large = rows.filter { !geometry.isSmall($0) }
    var model = StructuralModel(
      elementSize: elementSize,
      large: try .fit(
        large.isEmpty ? small : large, geometry: geometry.large, elementSize: elementSize, solver: solver),
      threshold: geometry.threshold)
    if let blocking = geometry.small {
      model.small =
        small.isEmpty ? model.large : try .fit(small, geometry: blocking, elementSize: elementSize, solver: solver)
    }
    return model
  }
}

extension CodePath {
  /// Fits the coefficients to rows by relative error, robustly.
  ///
  /// Minimises Σ wᵢ²·(t̂ᵢ/tᵢ − 1)², three times over; the weights of rows whose log residual exceeds three median
  /// deviations fall off as in Huber's estimator, so that a disturbed measurement does not bend the model.
  static func fit(
    _ rows: [FitRow], geometry: BlockGeometry, elementSize: Double, passes: Int = 3, solver: any DenseSolver
  ) throws(SolverError) -> CodePath {
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
    return CodePath(geometry: geometry, coefficients: coefficients)
  }
}
