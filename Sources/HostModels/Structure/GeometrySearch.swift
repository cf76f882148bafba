internal import Foundation
internal import LinearSolvers
internal import ModelStatistics
internal import SeededRandom

/// Finds out how a library blocks its products from the times alone: by which model errs least on unseen rows.
///
/// Errors are the mean |log error| of a two-fold test on at most 1500 rows. Deterministic.
struct GeometrySearch {
  private let elementSize: Double
  private let solver: any DenseSolver
  /// The rows of each fold.
  private let halves: [[FitRow]]

  /// The panel widths that are tried.
  private let panelChoices: [[Int]]
  /// The depths of a packed block that are tried.
  private let depthChoices: [Int]
  /// The threads that products may be shared by.
  private let threads: Int

  /// A path needs so many rows of its own before it is told from the other.
  static let rowsForAPath = 60

  init(
    _ rows: [FitRow], elementSize: Double, threads: Int = 1, panelChoices: [[Int]] = BlockGeometry.panelChoices,
    depthChoices: [Int] = BlockGeometry.depthChoices, solver: any DenseSolver
  ) {
    self.threads = threads
    self.panelChoices = panelChoices
    self.depthChoices = depthChoices
    self.elementSize = elementSize
    self.solver = solver
    let sample = SplitMix64.sample(rows.count, limit: 1500, seed: 1).map { rows[$0] }
    halves = [0, 1].map { half in sample.enumerated().filter { $0.offset % 2 == half }.map(\.element) }
  }

  /// The best geometry: first as if there were one path, then parted at each threshold in turn.
  func best() throws(SolverError) -> StructuralGeometry {
    let all = { (_: FitRow) in true }
    var initial = BlockGeometry.initial
    if let depth = depthChoices.first, !depthChoices.contains(initial.depth) { initial.depth = depth }
    let (single, singleError) = try refine(initial, where: all)
    var best = StructuralGeometry(large: single)
    var least = singleError
    for threshold in StructuralModel.thresholdChoices {
      let isSmall = { (row: FitRow) in row.m * row.k * row.n <= threshold }
      let count = halves.joined().count(where: isSmall)
      guard min(count, halves.joined().count - count) >= Self.rowsForAPath else { continue }
      let parted = try error(single, where: isSmall) + error(single, where: { !isSmall($0) })
      if parted < least * 0.99 {
        least = parted
        best = StructuralGeometry(large: single, small: single, threshold: threshold)
      }
    }
    if best.small != nil {
      let threshold = best.threshold
      best.small = try refine(single, where: { $0.m * $0.k * $0.n <= threshold }).geometry
      best.large = try refine(single, where: { $0.m * $0.k * $0.n > threshold }).geometry
    }
    return best
  }

  /// Panels along m, then along n, the sharing, then the depth, twice over; with the error of the best.
  private func refine(
    _ initial: BlockGeometry, where belongs: (FitRow) -> Bool
  ) throws(SolverError) -> (geometry: BlockGeometry, error: Double) {
    let members = halves.joined().filter(belongs)
    let (rows, columns) = (Set(members.map(\.m)), Set(members.map(\.n)))
    var best = initial
    best.rowPanels = BlockGeometry.supported(initial.rowPanels, by: rows)
    if best.rest == .narrowPanels {
      best.columnPanels = BlockGeometry.supported(initial.columnPanels, by: columns)
    }
    var least = try error(best, where: belongs)
    func consider(_ change: (inout BlockGeometry) -> Void) throws(SolverError) {
      var geometry = best
      change(&geometry)
      guard geometry != best else { return }
      let value = try error(geometry, where: belongs)
      // A change has to be worth it.
      if value < least * 0.995 {
        least = value
        best = geometry
      }
    }
    for _ in 0..<2 {
      let before = best
      for panels in panelChoices where best.rest == .narrowPanels {
        try consider { $0.rowPanels = BlockGeometry.supported(panels, by: rows) }
      }
      for panels in panelChoices {
        try consider {
          $0.columnPanels = BlockGeometry.supported(panels, by: columns)
          if $0.rest == .innerProducts { $0.rowPanels = BlockGeometry.supported(initial.rowPanels, by: rows) }
          $0.rest = .narrowPanels
        }
      }
      if BlockGeometry.showInnerProducts(columns) {
        try consider {
          $0.rowPanels = BlockGeometry.stripRows
          $0.columnPanels = BlockGeometry.wholeVectors
          $0.rest = .innerProducts
          $0.sharing = 1
        }
      }
      if threads > 1 {
        for sharing in [1, threads] where best.rest == .narrowPanels { try consider { $0.sharing = sharing } }
      }
      for depth in depthChoices { try consider { $0.depth = depth } }
      if best == before { break }
    }
    return (best, least)
  }

  /// The summed |log error| of the rows that belong, each fold predicted by the other.
  private func error(_ geometry: BlockGeometry, where belongs: (FitRow) -> Bool) throws(SolverError) -> Double {
    let parts = halves.map { $0.filter(belongs) }
    let sums = try Parallel.map(2, with: solver) { (half) throws(SolverError) -> Double in
      guard !parts[half].isEmpty else { return 0 }
      var sum = 0.0
      let path = try CodePath.fit(
        parts[half], geometry: geometry, elementSize: elementSize, passes: 2, solver: solver)
      for row in parts[1 - half] {
        let seconds = path.seconds(m: row.m, k: row.k, n: row.n, elementSize: elementSize)
        // A miss by a factor of two counts as such, whatever its size: the search is for structure, not for outliers.
        sum += min(abs(log(max(seconds, 1e-15) / row.seconds)), 0.7)
      }
      return sum
    }
    return sums.reduce(0, +)
  }
}
