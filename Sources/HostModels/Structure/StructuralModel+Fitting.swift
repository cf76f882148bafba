internal import LinearSolvers

/// What is found out about a library before its costs are: where its paths part and how each blocks.
struct StructuralGeometry: Hashable, Sendable {
  var large: BlockGeometry
  /// The blocking of products up to the threshold; nil where there is one path.
  var small: BlockGeometry?
  var threshold = 0.0

  /// Whether a row takes the path of small products.
  func isSmall(_ row: FitRow) -> Bool { isSmall(row.m, row.k, row.n) }

  /// Whether a shape takes the path of small products.
  func isSmall(_ m: Double, _ k: Double, _ n: Double) -> Bool { small != nil && m * k * n <= threshold }
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
    _ rows: [FitRow], geometry: StructuralGeometry, elementSize: Double, without: LeftOut = LeftOut(),
    solver: any DenseSolver
  ) throws(SolverError) -> StructuralModel {
    let small = rows.filter(geometry.isSmall)
    let large = rows.filter { !geometry.isSmall($0) }
    let paths = try Parallel.map(geometry.small == nil ? 1 : 2, with: solver) {
      (index) throws(SolverError) -> CodePath in
      let (rows, other) = index == 0 ? (large, small) : (small, large)
      let blocking = index == 1 && !small.isEmpty ? geometry.small ?? geometry.large : geometry.large
      return try .fit(
        rows.isEmpty ? other : rows, geometry: blocking, elementSize: elementSize, without: without, solver: solver)
    }
    return StructuralModel(
      elementSize: elementSize, large: paths[0], small: paths.dropFirst().first, threshold: geometry.threshold)
  }
}
