internal import Foundation
internal import LinearSolvers
internal import SeededRandom

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
  static func fit(
    _ rows: [FitRow], geometry: BlockGeometry, elementSize: Double, passes: Int = 3, solver: any DenseSolver
  ) throws(SolverError) -> CodePath {
    let anchors = try anchors(rows, solver: solver)
    func features(_ m: Double, _ k: Double, _ n: Double) -> [Double] {
      terms(m: m, k: k, n: n, geometry: geometry, elementSize: elementSize)
    }
    let (own, between) = (rows.map { features($0.m, $0.k, $0.n) }, anchors.map { features($0.m, $0.k, $0.n) })
    return CodePath(
      geometry: geometry,
      coefficients: try NonNegativeLeastSquares.relativeFit(
        own + between, seconds: rows.map(\.seconds) + anchors.map(\.seconds),
        trust: rows.map(\.trust) + anchors.map { _ in anchorTrust },
        reach: reach(
          of: between, seconds: anchors.map(\.seconds), beyond: own, seconds: rows.map(\.seconds)),
        passes: passes, solver: solver))
  }

  /// The largest that each feature over the time becomes at the anchors, but for the odd one; 0 for features that the rows
  /// show a fair part of.
  private static func reach(
    of features: [[Double]], seconds: [Double], beyond rows: [[Double]], seconds measured: [Double]
  ) -> [Double] {
    guard let first = features.first else { return [] }
    return first.indices.map { j in
      let reach = ErrorStatistics.quantile(zip(features, seconds).map { $0[j] / $1 }.sorted(), 0.995)
      // The third largest: one row or two may be odd.
      var largest = [0.0, 0.0, 0.0]
      for (row, seconds) in zip(rows, measured) where row[j] / seconds > largest[0] {
        largest[0] = row[j] / seconds
        largest.sort()
      }
      let shown = largest[0]
      return shown < fairPart * reach ? reach : 0
    }
  }

  /// The part of a feature's reach from which on the rows tell what it costs.
  private static let fairPart = 0.25

  /// What an anchor counts beside a row that is sure: a few rows that show the same outweigh it.
  private static let anchorTrust = 0.03
  private static let anchorCount = 512

  /// Shapes between the rows with the times of a plain model, c₀ + c₁·mkn + c₂·mk + c₃·kn + c₄·mn.
  ///
  /// A panel that no row shows would be fitted to nothing and come out as free; the anchors hold it near what work costs
  /// elsewhere. Each takes its m, k and n from three rows; up to `anchorCount`, deterministic.
  private static func anchors(
    _ rows: [FitRow], solver: any DenseSolver
  ) throws(SolverError) -> [(m: Double, k: Double, n: Double, seconds: Double)] {
    func plain(_ m: Double, _ k: Double, _ n: Double) -> [Double] { [1, m * k * n, m * k, k * n, m * n] }
    let costs = try NonNegativeLeastSquares.relativeFit(
      rows.map { plain($0.m, $0.k, $0.n) }, seconds: rows.map(\.seconds), trust: rows.map(\.trust), solver: solver)
    let volumes = rows.map { $0.m * $0.k * $0.n }
    guard let least = volumes.min(), let most = volumes.max(), costs.contains(where: { $0 > 0 }) else { return [] }
    var generator = SplitMix64(seed: 6)
    var anchors: [(m: Double, k: Double, n: Double, seconds: Double)] = []
    for _ in 0..<4 * anchorCount where anchors.count < anchorCount {
      let (a, b, c) = (
        rows[Int.random(in: rows.indices, using: &generator)], rows[Int.random(in: rows.indices, using: &generator)],
        rows[Int.random(in: rows.indices, using: &generator)]
      )
      guard (least...most).contains(a.m * b.k * c.n) else { continue }
      let seconds = zip(plain(a.m, b.k, c.n), costs).reduce(0) { $0 + $1.0 * $1.1 }
      if seconds > 0 { anchors.append((a.m, b.k, c.n, seconds)) }
    }
    return anchors
  }
}
