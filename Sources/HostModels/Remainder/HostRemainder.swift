internal import Foundation
internal import LinearSolvers

/// The remainders of both paths through a library: each has shapes, rows and lengths of its own.
struct HostRemainder: Hashable, Sendable {
  /// What is found out on all rows, and then held fixed.
  struct Recipe: Hashable, Sendable {
    var large: ResidualProcess.Hyperparameters?
    var small: ResidualProcess.Hyperparameters?
  }

  let recipe: Recipe
  private let geometry: StructuralGeometry
  let large: ResidualProcess?
  let small: ResidualProcess?

  /// Steps of the search with disturbed rows marked down, from where the first one ended.
  private static let stepsAgain = 12

  /// A remainder with known processes.
  init(geometry: StructuralGeometry, recipe: Recipe, large: ResidualProcess?, small: ResidualProcess?) {
    self.geometry = geometry
    self.recipe = recipe
    self.large = large
    self.small = small
  }

  /// The log of measured over structural time that the rows suggest at a shape; O(rows of a piece).
  func mean(m: Double, k: Double, n: Double) -> Double {
    (geometry.isSmall(m, k, n) ? small : large)?.mean(m: m, k: k, n: n) ?? 0
  }
}

// MARK: - Fitting

extension HostRemainder {
  /// Conditions the processes on the rows' log residuals; `errors` are the rows' own standard deviations.
  ///
  /// O(rows · rows of a piece²).
  init(
    geometry: StructuralGeometry, elementSize: Double, recipe: Recipe, rows: [FitRow], residuals: [Double],
    errors: [Double], solver: any DenseSolver
  ) throws(SolverError) {
    var processes: [Bool: ResidualProcess] = [:]
    for path in Self.paths(geometry, rows) {
      guard let parameters = path.isSmall ? recipe.small : recipe.large else { continue }
      processes[path.isSmall] = try ResidualProcess(
        rows: rows, members: path.members, residuals: residuals, errors: errors, geometry: path.blocking,
        elementSize: elementSize, parameters: parameters, solver: solver)
    }
    self.init(geometry: geometry, recipe: recipe, large: processes[false], small: processes[true])
  }

  /// Searches both processes' parameters; returns them, and `errors` with those of disturbed rows raised.
  ///
  /// Once with every row at its word, once with disturbed ones marked down.
  static func search(
    _ rows: [FitRow], residuals: [Double], errors: [Double], geometry: StructuralGeometry, elementSize: Double,
    solver: any DenseSolver
  ) throws(SolverError) -> (recipe: Recipe, errors: [Double]) {
    let paths = paths(geometry, rows)
    let found = try Parallel.map(paths.count, with: solver) {
      (index) throws(SolverError) -> (ResidualProcess.Hyperparameters, [Double]) in
      let path = paths[index]
      let (known, own) = (path.members.map { rows[$0] }, path.members.map { residuals[$0] })
      let first = ResidualProcess.search(
        rows: known, residuals: own, errors: path.members.map { errors[$0] }, geometry: path.blocking,
        elementSize: elementSize, solver: solver)
      let all = try ResidualProcess(
        rows: rows, members: path.members, residuals: residuals, errors: errors, geometry: path.blocking,
        elementSize: elementSize, parameters: first, solver: solver
      ).raisedErrors(errors, rows: rows, members: path.members, residuals: residuals)
      let parameters = ResidualProcess.search(
        rows: known, residuals: own, errors: path.members.map { all[$0] }, geometry: path.blocking,
        elementSize: elementSize, from: first, steps: Self.stepsAgain, solver: solver)
      return (parameters, all)
    }
    var (recipe, all) = (Recipe(), errors)
    for (path, (parameters, own)) in zip(paths, found) {
      if path.isSmall { recipe.small = parameters } else { recipe.large = parameters }
      for index in path.members { all[index] = own[index] }
    }
    return (recipe, all)
  }

  /// Each path that has rows, with their indices.
  private static func paths(
    _ geometry: StructuralGeometry, _ rows: [FitRow]
  ) -> [(isSmall: Bool, blocking: BlockGeometry, members: [Int])] {
    var paths: [(isSmall: Bool, blocking: BlockGeometry, members: [Int])] = []
    for (isSmall, blocking) in [(false, geometry.large), (true, geometry.small)] {
      guard let blocking else { continue }
      let own = rows.indices.filter { geometry.isSmall(rows[$0]) == isSmall }
      if !own.isEmpty { paths.append((isSmall, blocking, own)) }
    }
    return paths
  }
}
