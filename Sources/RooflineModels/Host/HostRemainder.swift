internal import Foundation
internal import LinearSolvers
internal import SeededRandom

/// The remainders of both paths through a library: each has shapes, rows and lengths of its own.
struct HostRemainder: Hashable, Sendable {
  /// What is found out on all rows, and then held fixed.
  struct Recipe: Hashable, Sendable {
    var large: ResidualProcess.Hyperparameters?
    var small: ResidualProcess.Hyperparameters?
  }

  let recipe: Recipe
  /// The weight of each row in the process of its path.
  let weights: [Double]
  private let geometry: StructuralGeometry
  private let large: ResidualProcess?
  private let small: ResidualProcess?

  /// Steps of the search with disturbed rows marked down, from where the first one ended.
  private static let stepsAgain = 12

  /// Rows that a process is conditioned on at most: the work grows with their cube.
  private static let limit = 6000

  /// A remainder with known weights, one a row.
  init(
    geometry: StructuralGeometry, elementSize: Double, recipe: Recipe, rows: [FitRow], weights: [Double]
  ) {
    func process(_ isSmall: Bool, _ blocking: BlockGeometry?) -> ResidualProcess? {
      guard let blocking, let parameters = isSmall ? recipe.small : recipe.large else { return nil }
      let own = rows.indices.filter { geometry.isSmall(rows[$0]) == isSmall }
      return ResidualProcess(
        geometry: blocking, elementSize: elementSize, parameters: parameters, rows: own.map { rows[$0] },
        weights: own.map { weights[$0] })
    }
    self.geometry = geometry
    self.recipe = recipe
    self.weights = weights
    large = process(false, geometry.large)
    small = process(true, geometry.small)
  }

  /// The log of measured over structural time that the rows suggest at a shape; O(rows).
  func mean(m: Double, k: Double, n: Double) -> Double {
    (geometry.isSmall(m, k, n) ? small : large)?.mean(m: m, k: k, n: n) ?? 0
  }
}

// MARK: - Fitting

extension HostRemainder {
  /// Conditions the processes on the rows' log residuals; `errors` are the rows' own standard deviations.
  ///
  /// O(rows³).
  init(
    geometry: StructuralGeometry, elementSize: Double, recipe: Recipe, rows: [FitRow], residuals: [Double],
    errors: [Double], solver: any DenseSolver
  ) throws(SolverError) {
    var weights = Array(repeating: 0.0, count: rows.count)
    for path in Self.paths(geometry, rows) {
      guard let parameters = path.isSmall ? recipe.small : recipe.large else { continue }
      let process = try ResidualProcess(
        rows: path.members.map { rows[$0] }, residuals: path.members.map { residuals[$0] },
        errors: path.members.map { errors[$0] }, geometry: path.blocking, elementSize: elementSize,
        parameters: parameters, solver: solver)
      for (index, weight) in zip(path.members, process.weights) { weights[index] = weight }
    }
    self.init(geometry: geometry, elementSize: elementSize, recipe: recipe, rows: rows, weights: weights)
  }

  /// Searches both processes' parameters; returns them, and `errors` with those of disturbed rows raised.
  ///
  /// Once with every row at its word, once with disturbed ones marked down.
  static func search(
    _ rows: [FitRow], residuals: [Double], errors: [Double], geometry: StructuralGeometry, elementSize: Double,
    solver: any DenseSolver
  ) throws(SolverError) -> (recipe: Recipe, errors: [Double]) {
    var recipe = Recipe()
    var all = errors
    for path in paths(geometry, rows) {
      let (known, own) = (path.members.map { rows[$0] }, path.members.map { residuals[$0] })
      let noise = path.members.map { errors[$0] }
      let first = ResidualProcess.search(
        rows: known, residuals: own, errors: noise, geometry: path.blocking, elementSize: elementSize, solver: solver)
      let raised = try ResidualProcess(
        rows: known, residuals: own, errors: noise, geometry: path.blocking, elementSize: elementSize,
        parameters: first, solver: solver
      ).raisedErrors(noise)
      let parameters = ResidualProcess.search(
        rows: known, residuals: own, errors: raised, geometry: path.blocking, elementSize: elementSize, from: first,
        steps: Self.stepsAgain, solver: solver)
      if path.isSmall { recipe.small = parameters } else { recipe.large = parameters }
      for (index, error) in zip(path.members, raised) { all[index] = error }
    }
    return (recipe, all)
  }

  /// Each path that has rows, with those that its process is conditioned on: all, or as many as may be, drawn at random.
  private static func paths(
    _ geometry: StructuralGeometry, _ rows: [FitRow]
  ) -> [(isSmall: Bool, blocking: BlockGeometry, members: [Int])] {
    var paths: [(isSmall: Bool, blocking: BlockGeometry, members: [Int])] = []
    for (isSmall, blocking) in [(false, geometry.large), (true, geometry.small)] {
      guard let blocking else { continue }
      let own = rows.indices.filter { geometry.isSmall(rows[$0]) == isSmall }
      let members = SplitMix64.sample(own.count, limit: limit, seed: 3).map { own[$0] }
      if !members.isEmpty { paths.append((isSmall, blocking, members)) }
    }
    return paths
  }
}
