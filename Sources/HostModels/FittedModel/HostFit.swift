internal import Foundation
internal import GEMMTiming
internal import LinearSolvers
internal import ModelStatistics
internal import SeededRandom

/// Structure and remainder fitted to some rows: the part of the fit that is done again for every fold.
struct HostFit: Sendable {
  let structure: StructuralModel
  let remainder: HostRemainder?
  /// How times grow beyond what the rows span; nil without rows.
  let asymptote: RooflineAsymptote?

  /// What is decided once, on all rows, and then held fixed.
  struct Recipe: Sendable {
    var geometry: StructuralGeometry
    let elementSize: Double
    /// nil when the structure stands alone.
    var remainder: HostRemainder.Recipe?
    /// What operands in memory cost in addition; nil where the table does not say.
    let uncached: UncachedCost?
    /// The rows' errors, with those of disturbed measurements raised.
    var errors: [GEMMShape: Double]
    /// What the structure does without: an ablation's.
    var without = LeftOut()

    /// Searches the geometry and the remainder's parameters; `depth` is that of a packed block, where it is known.
    init(
      _ rows: [FitRow], uncached: UncachedCost?, depth: Int? = nil, elementSize: Double, threads: Int,
      options: FitOptions, solver: any DenseSolver
    ) throws(SolverError) {
      self.elementSize = elementSize
      self.uncached = uncached
      geometry =
        options.searchesBlocking
        ? try GeometrySearch(
          rows, elementSize: elementSize, threads: threads,
          depthChoices: depth.map { [$0] } ?? BlockGeometry.depthChoices, solver: solver
        ).best()
        : StructuralGeometry(large: .initial)
      guard options.learnsRemainder else {
        remainder = nil
        errors = [:]
        return
      }
      let structure = try StructuralModel.fit(rows, geometry: geometry, elementSize: elementSize, solver: solver)
      let found = try HostRemainder.search(
        rows, residuals: HostFit.residuals(rows, structure), errors: HostFit.errors(rows), geometry: geometry,
        elementSize: elementSize, solver: solver)
      remainder = found.recipe
      errors = Dictionary(zip(rows.map(\.shape), found.errors), uniquingKeysWith: { first, _ in first })
    }
  }

  init(_ rows: [FitRow], recipe: Recipe, solver: any DenseSolver) throws(SolverError) {
    structure = try StructuralModel.fit(
      rows, geometry: recipe.geometry, elementSize: recipe.elementSize, without: recipe.without, solver: solver)
    asymptote = try RooflineAsymptote(
      rows, geometry: recipe.geometry.large, uncached: recipe.uncached, elementSize: recipe.elementSize,
      solver: solver)
    remainder =
      if let learned = recipe.remainder {
        try HostRemainder(
          geometry: recipe.geometry, elementSize: recipe.elementSize, recipe: learned, rows: rows,
          residuals: Self.residuals(rows, structure),
          errors: zip(rows, Self.errors(rows)).map { recipe.errors[$0.shape] ?? $1 }, solver: solver)
      } else { nil }
  }

  /// Seconds of one GEMM.
  func seconds(_ row: FitRow) -> Double {
    func inside(_ m: Double, _ k: Double, _ n: Double) -> Double {
      structure.seconds(m: m, k: k, n: n) * exp(remainder?.mean(m: m, k: k, n: n) ?? 0)
    }
    return asymptote?.seconds(m: row.m, k: row.k, n: row.n, inside: inside) ?? inside(row.m, row.k, row.n)
  }

  /// log(measured / structure) of each row, drawn in where it is too large to be anything but a disturbance.
  static func residuals(_ rows: [FitRow], _ structure: StructuralModel) -> [Double] {
    rows.map { row in
      let residual = log(row.seconds / max(structure.seconds(m: row.m, k: row.k, n: row.n), .leastNormalMagnitude))
      return min(max(residual, -1.5), 1.5)
    }
  }

  /// The standard deviation that each row's own interval gives its logarithm.
  static func errors(_ rows: [FitRow]) -> [Double] { rows.map { min($0.noise ?? 0, 1) } }

  /// Seconds of each row, predicted without its fold.
  ///
  /// O(folds × rows³).
  static func heldOutPredictions(
    _ rows: [FitRow], recipe: Recipe, folds: Int, seed: UInt64, solver: any DenseSolver
  ) throws(SolverError) -> [Double] {
    var generator = SplitMix64(seed: seed)
    let order = Array(rows.indices).shuffled(using: &generator)
    let parts = try Parallel.map(folds, with: solver) { (fold) throws(SolverError) -> [(Int, Double)] in
      var held: [Int] = []
      var kept: [FitRow] = []
      for (position, index) in order.enumerated() {
        if position % folds == fold { held.append(index) } else { kept.append(rows[index]) }
      }
      let fit = try HostFit(kept, recipe: recipe, solver: solver)
      return held.map { ($0, fit.seconds(rows[$0])) }
    }
    var predictions = Array(repeating: 0.0, count: rows.count)
    for (index, seconds) in parts.joined() { predictions[index] = seconds }
    return predictions
  }

  /// How the error of shapes with a small extent grows outside the measured range.
  ///
  /// For m, k and n each, the rows of the two largest octaves are held out. The growth is what makes nine tenths of
  /// the errors of such shapes among them stay within the interval that the other rows give; 1 where too few are left to
  /// tell, and never less than `ExtrapolationGrowth.least`.
  static func extrapolationGrowth(
    _ rows: [FitRow], unseen predictions: [Double], recipe: Recipe, solver: any DenseSolver
  ) throws(SolverError) -> ExtrapolationGrowth {
    let extents = [\FitRow.m, \FitRow.k, \FitRow.n] as [any KeyPath<FitRow, Double> & Sendable]
    let found = try Parallel.map(extents.count, with: solver) { (axis) throws(SolverError) -> [Double] in
      let extent = extents[axis]
      guard let largest = rows.map({ $0[keyPath: extent] }).max() else { return [] }
      let kept = rows.indices.filter { rows[$0][keyPath: extent] <= largest / 4 }
      let outside = rows.indices.filter { rows[$0][keyPath: extent] > largest / 4 }
      guard kept.count >= FitOptions.minimumShapes, outside.count >= 8 else { return [] }
      let near = kept.map { rows[$0] }
      let fit = try HostFit(near, recipe: recipe, solver: solver)
      let intervals = IntervalModel.calibrated(
        near, predictions: kept.map { predictions[$0] }, growth: .none
      ).intervals
      guard let range = MeasuredRange(near) else { return [] }
      let far = outside.map { rows[$0] }
      let predicted = far.map { fit.seconds($0) }
      let magnitudes = IntervalModel.magnitudes(far, zip(far, predicted).map { log($0.seconds / $1) })
      var growths: [Double] = []
      for ((row, seconds), magnitude) in zip(zip(far, predicted), magnitudes) {
        let octaves = range.octavesOutside(m: row.m, k: row.k, n: row.n)
        guard octaves > 0.25, ExtrapolationGrowth.isNarrow(row.m, row.k, row.n) else { continue }
        let factors = intervals.factors(m: row.m, k: row.k, n: row.n, range: range)
        let limit = row.seconds > seconds ? log(factors.high) : -log(factors.low)
        growths.append((magnitude / max(limit, ExtrapolationGrowth.leastLimit) - 1) / log2(1 + octaves))
      }
      return growths
    }
    let growths = Array(found.joined())
    guard growths.count >= 8 else { return ExtrapolationGrowth(rate: 1) }
    return ExtrapolationGrowth(
      rate: max(ExtrapolationGrowth.least, ErrorStatistics.quantile(growths.sorted(), 0.9)))
  }
}
