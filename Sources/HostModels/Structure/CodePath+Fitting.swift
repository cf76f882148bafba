internal import LinearSolvers
internal import SeededRandom

extension CodePath {
  /// A shape between the rows with the time that a plain model gives it.
  private struct Anchor {
    var m: Double
    var k: Double
    var n: Double
    var seconds: Double
  }

  /// Fits the coefficients to rows by relative error, robustly; those of the groups in `without` are 0.
  static func fit(
    _ rows: [FitRow], geometry: BlockGeometry, elementSize: Double, without: LeftOut = LeftOut(), passes: Int = 3,
    solver: any DenseSolver
  ) throws(SolverError) -> CodePath {
    let anchors = without.anchors ? [] : try anchors(rows, solver: solver)
    let leftOut =
      without.terms.isEmpty ? [] : groups(geometry).enumerated().filter { without.terms.contains($1) }.map(\.offset)
    func terms(_ m: Double, _ k: Double, _ n: Double) -> [Double] {
      var terms = self.terms(m: m, k: k, n: n, geometry: geometry, elementSize: elementSize)
      for index in leftOut { terms[index] = 0 }
      return terms
    }
    return CodePath(
      geometry: geometry,
      coefficients: try NonNegativeLeastSquares.relativeFit(
        rows.map { terms($0.m, $0.k, $0.n) } + anchors.map { terms($0.m, $0.k, $0.n) },
        seconds: rows.map(\.seconds) + anchors.map(\.seconds),
        trust: rows.map { _ in 1 } + anchors.map { _ in anchorTrust }, passes: passes,
        solver: solver))
  }

  /// What an anchor counts beside a row: a few rows that show the same outweigh it.
  private static let anchorTrust = 0.03
  private static let anchorCount = 512

  /// Shapes between the rows with the times of a plain model, c₀ + c₁·mkn + c₂·mk + c₃·kn + c₄·mn.
  ///
  /// A panel that no row shows would be fitted to nothing and come out as free; the anchors hold it near what work costs
  /// elsewhere. Each takes its m, k and n from three rows; up to `anchorCount`, deterministic.
  private static func anchors(_ rows: [FitRow], solver: any DenseSolver) throws(SolverError) -> [Anchor] {
    func plain(_ m: Double, _ k: Double, _ n: Double) -> [Double] { [1, m * k * n, m * k, k * n, m * n] }
    let costs = try NonNegativeLeastSquares.relativeFit(
      rows.map { plain($0.m, $0.k, $0.n) }, seconds: rows.map(\.seconds), solver: solver)
    let volumes = rows.map { $0.m * $0.k * $0.n }
    guard let least = volumes.min(), let most = volumes.max(), costs.contains(where: { $0 > 0 }) else {
      return []
    }
    var generator = SplitMix64(seed: 6)
    var anchors: [Anchor] = []
    for _ in 0..<4 * anchorCount where anchors.count < anchorCount {
      let (a, b, c) = (
        rows[Int.random(in: rows.indices, using: &generator)], rows[Int.random(in: rows.indices, using: &generator)],
        rows[Int.random(in: rows.indices, using: &generator)]
      )
      let seconds = zip(plain(a.m, b.k, c.n), costs).reduce(0) { $0 + $1.0 * $1.1 }
      guard (least...most).contains(a.m * b.k * c.n), seconds > 0 else { continue }
      anchors.append(Anchor(m: a.m, k: b.k, n: c.n, seconds: seconds))
    }
    return anchors
  }
}
