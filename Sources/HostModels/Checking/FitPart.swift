internal import LinearSolvers

/// A part of the fit beside the terms: an ablation leaves out one at a time.
enum FitPart: CaseIterable {
  case remainder, smallPath, blocking, disturbances, anchors

  /// The part in a report's words.
  var title: String {
    switch self {
    case .remainder: "the process on what the structure leaves"
    case .smallPath: "a path of its own for small products"
    case .blocking: "the search of the blocking"
    case .disturbances: "the larger errors of disturbed rows"
    case .anchors: "anchors between the rows"
    }
  }

  /// Whether a fit has the part.
  func isThere(in recipe: HostFit.Recipe) -> Bool {
    switch self {
    case .remainder, .disturbances: recipe.remainder != nil
    case .smallPath: recipe.geometry.small != nil
    case .blocking, .anchors: true
    }
  }
}

/// What a fit of the structure does without.
struct LeftOut: Sendable {
  var terms: Set<TermGroup> = []
  var anchors = false
}

extension FitInput {
  /// A recipe without a part; the rest stays that of the whole fit where it can.
  func recipe(
    without part: FitPart, of whole: HostFit.Recipe, _ options: FitOptions, solver: any DenseSolver
  ) throws(SolverError) -> HostFit.Recipe {
    var recipe = whole
    switch part {
    case .remainder: recipe.remainder = nil
    case .smallPath: recipe.geometry.small = nil
    case .blocking:
      // The process sees a shape by its panels, so its parameters are others too.
      var plain = options
      plain.searchesBlocking = false
      recipe = try self.recipe(plain, solver: solver)
    case .disturbances: recipe.errors = [:]
    case .anchors: recipe.without.anchors = true
    }
    return recipe
  }
}
