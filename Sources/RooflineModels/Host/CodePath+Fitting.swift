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

  /// Fits the coefficients to rows by relative error, robustly; those of groups `without` which it is to do are 0.
  static func fit(
    _ rows: [FitRow], geometry: BlockGeometry, elementSize: Double, without: Set<TermGroup> = [], passes: Int = 3,
    solver: any DenseSolver
  ) throws(SolverError) -> CodePath {
    let anchors = try anchors(rows, solver: solver)
    let leftOut = without.isEmpty ? [] : groups(geometry).enumerated().filter { without.contains($1) }.map(\.offset)
    func terms(_ m: Double, _ k: Double, _ n: Double) -> [Double] {
      var terms = self.terms(m: m, k: k, n: n, geometry: geometry, elementSize: elementSize)
      for index in leftOut { terms[index] = 0 }
      return terms
    }
    let own = rows.map { terms($0.m, $0.k, $0.n) }
    let between = anchors.between.map { terms($0.m, $0.k, $0.n) }
    let beyond = anchors.beyond.map { terms($0.m, $0.k, $0.n) }
    let reach = reach(
      rates(between + beyond, (anchors.between + anchors.beyond).map(\.seconds)),
      unseenBy: rates(own, rows.map(\.seconds)))
    return CodePath(
      geometry: geometry,
      coefficients: try NonNegativeLeastSquares.relativeFit(
        own + between, seconds: rows.map(\.seconds) + anchors.between.map(\.seconds),
        trust: rows.map(\.trust) + between.map { _ in anchorTrust }, reach: reach, passes: passes, solver: solver))
  }

  /// The terms of each shape over its time.
  private static func rates(_ terms: [[Double]], _ seconds: [Double]) -> [[Double]] {
    zip(terms, seconds).map { terms, seconds in terms.map { $0 / seconds } }
  }

  /// The largest that each term's rate becomes at some shapes; 0 for terms that the rows show a fair part of.
  private static func reach(_ shapes: [[Double]], unseenBy rows: [[Double]]) -> [Double] {
    /// The third largest: one shape or two may be odd.
    func largest(_ rates: [[Double]], _ term: Int) -> Double {
      var largest = [0.0, 0.0, 0.0]
      for shape in rates where shape[term] > largest[0] {
        largest[0] = shape[term]
        largest.sort()
      }
      return largest[0]
    }
    return (rows.first ?? []).indices.map { term in
      let reach = largest(shapes, term)
      return largest(rows, term) < fairPart * reach ? reach : 0
    }
  }

  /// The part of a term's reach from which on the rows tell what it costs.
  private static let fairPart = 0.25

  /// What an anchor counts beside a row that is sure: a few rows that show the same outweigh it.
  private static let anchorTrust = 0.03
  private static let anchorCount = 512
  /// Columns whose every multiple crowds the sets of a first-level cache most (``CacheSets``).
  private static let crowdingColumns = 1024.0
  /// How many times as large an extent is made that every size of a cache is left behind.
  private static let beyondEvery = 64.0
  /// The step from one anchor to the next that shapes beyond are made of.
  private static let beyondStride = 4

  /// Shapes between the rows with the times of a plain model, c₀ + c₁·mkn + c₂·mk + c₃·kn + c₄·mn; and from some of them
  /// shapes beyond.
  ///
  /// A panel that no row shows would be fitted to nothing and come out as free; the anchors hold it near what work costs
  /// elsewhere. Each takes its m, k and n from three rows; up to `anchorCount`, deterministic.
  ///
  /// Those beyond have columns at a multiple of 1,024, or an extent 64 times as large: what happens at crowded columns
  /// or out of a large cache alone may show as a trace in rows and anchors both, and they tell how large it can become.
  private static func anchors(
    _ rows: [FitRow], solver: any DenseSolver
  ) throws(SolverError) -> (between: [Anchor], beyond: [Anchor]) {
    func plain(_ m: Double, _ k: Double, _ n: Double) -> [Double] { [1, m * k * n, m * k, k * n, m * n] }
    let costs = try NonNegativeLeastSquares.relativeFit(
      rows.map { plain($0.m, $0.k, $0.n) }, seconds: rows.map(\.seconds), trust: rows.map(\.trust), solver: solver)
    let volumes = rows.map { $0.m * $0.k * $0.n }
    guard let least = volumes.min(), let most = volumes.max(), costs.contains(where: { $0 > 0 }) else {
      return ([], [])
    }
    func anchor(_ m: Double, _ k: Double, _ n: Double) -> Anchor? {
      let seconds = zip(plain(m, k, n), costs).reduce(0) { $0 + $1.0 * $1.1 }
      return seconds > 0 ? Anchor(m: m, k: k, n: n, seconds: seconds) : nil
    }
    var generator = SplitMix64(seed: 6)
    var between: [Anchor] = []
    for _ in 0..<4 * anchorCount where between.count < anchorCount {
      let (a, b, c) = (
        rows[Int.random(in: rows.indices, using: &generator)], rows[Int.random(in: rows.indices, using: &generator)],
        rows[Int.random(in: rows.indices, using: &generator)]
      )
      guard (least...most).contains(a.m * b.k * c.n), let found = anchor(a.m, b.k, c.n) else { continue }
      between.append(found)
    }
    let beyond = stride(from: 0, to: between.count, by: beyondStride).flatMap { index -> [Anchor] in
      let (m, k, n) = (between[index].m, between[index].k, between[index].n)
      let columns = max((n / crowdingColumns).rounded(), 1) * crowdingColumns
      return [(m, k, columns), (m * beyondEvery, k, n), (m, k * beyondEvery, n), (m, k, n * beyondEvery)]
        .compactMap(anchor)
    }
    return (between, beyond)
  }
}
