internal import Foundation
internal import GEMMTiming
internal import LinearSolvers

/// How a time goes on beyond the measured range: as work and traffic do, t → flops/rate or bytes/bandwidth.
///
///     cost(m, k, n) = c₀·mkn + c₁·mk + c₂·kn + c₃·mn + c₄·mn·B + c₆·kn·out(bytes) + c₈·min(m, 1024)·B + c₉·B
///                   + shown·(c₅·mk·(out(bytes) + out(packed)) + c₇·mn·out(bytes) + uncached(m, k, n))
///     B = ⌈k/depth⌉,  out(x) = 1 / (1 + (8 MB/x)²),  packed = min(k, depth)·m in bytes
///     shown = max(0, 1 − mkn/(mk + kn + mn)/hiding)
///
/// No c is negative. They are multiply-adds, packing, write-back once a block, and what operands and packed rows cost in
/// addition once they have left the caches; c₃ is that of a plain roofline. They are fitted to the large rows alone. Each
/// counts for the square of its work, up to that of the 24th largest: rows whose operands caches hold have another c₀,
/// on a Zen 3 core 23 instead of 18 ps.
///
/// `uncached` is what cold products and streams say of operands in memory (``UncachedCost``). All of it counts, or a half
/// or nothing where that predicts the largest quarter of the rows clearly better from the others.
///
/// What comes from beyond the caches is fetched ahead while the core computes. It shows the less, the more there is to
/// compute for each element, and not at all from `hiding` multiply-adds on. Those take the fastest rows 5 ns, which is
/// assumed; <doc:HostModel> says what it was chosen by. They are more where an element costs more, so that the sum does
/// not fall as a dimension grows.
///
/// Costs 8 and 9 are there where threads share a product: their meetings, and the lines of C between their columns, for
/// which they contend until they have drifted apart; that a tall product does not pay for every row.
///
/// Few terms, so that none stands for another within the range and goes its own way outside. The whole structure is not
/// asked out there: what its terms would do ten times further no row has checked. Where there are too few large rows
/// for a fit, c₀ is that of the fastest work and c₁ to c₃ those of the fastest traffic, a plain roofline.
struct RooflineAsymptote: Hashable, Sendable {
  /// What the rows span.
  let range: MeasuredRange
  /// Seconds a unit of each term.
  let costs: [Double]
  /// Whether the costs are fitted; a plain roofline otherwise.
  let isFitted: Bool
  /// The depth of a packed block.
  let depth: Int
  /// Whether threads share a product.
  let isShared: Bool
  /// Multiply-adds an element from which what operands beyond the caches cost is hidden.
  let hiding: Double
  /// What operands in memory cost in addition, as far as the rows bear it out; nil where it is not known.
  let uncached: UncachedCost?
  private let elementSize: Double

  static let termCount = 10
  /// The term that a fit leaves out: what it tells of C once, another tells once a block.
  private static let rooflineTerm = 3
  /// The bytes about which operands are taken to leave the caches.
  static let cacheSize = 8e6
  /// Rows over which threads contend.
  static let contendedRows = 1024.0
  /// Rows of so many flops and of no smaller extent are large; a fit takes so many of them, and as many count in full.
  static let leastFlops = 1e7
  static let leastExtent = 32.0
  static let leastRows = 24
  /// Seconds of arithmetic that hide an element's way from beyond the caches.
  private static let hidingSeconds = 5e-9
  /// So many multiply-adds an element no product has: nothing is hidden.
  private static let mostHiding = 1e12
  /// Octaves beyond the range from which the cost alone counts.
  private static let ownOctaves = 2.0
  /// Less of what cold products cost is taken only where it misses by less than this share of what all of it does: that
  /// operands come from memory some time is certain, and the rows at hand reach little beyond a cache.
  private static let advantage = 0.6

  /// The asymptote of some rows; nil of none.
  ///
  /// O(rows).
  init?(
    _ rows: [FitRow], geometry: BlockGeometry, uncached: UncachedCost? = nil, elementSize: Double,
    solver: any DenseSolver
  ) throws(SolverError) {
    let (depth, isShared) = (geometry.depth, geometry.sharing > 1)
    let peak = rows.map { $0.shape.flops / $0.seconds }.max() ?? 0
    let hiding = max(Self.hidingSeconds * peak / 2, 1)
    let large = rows.filter { $0.shape.flops >= Self.leastFlops && min($0.m, $0.k, $0.n) >= Self.leastExtent }
    func fitted(_ rows: [FitRow], _ uncached: UncachedCost?) throws(SolverError) -> RooflineAsymptote? {
      // What the operands in memory take is not the fit's to explain; it is a part of any time.
      let cached = rows.map { row in
        let extra =
          uncached?.seconds(
            row.m, row.k, row.n, depth: Double(depth), isShared: isShared, elementSize: elementSize) ?? 0
        return max(row.seconds - Self.shown(row.m, row.k, row.n, hiding: hiding) * extra, row.seconds / 4)
      }
      let costs = try NonNegativeLeastSquares.relativeFit(
        rows.map { row in
          var terms = Self.terms(
            row.m, row.k, row.n, depth: depth, isShared: isShared, hiding: hiding, elementSize: elementSize)
          terms[Self.rooflineTerm] = 0
          return terms
        },
        seconds: cached, trust: Self.counts(rows), solver: solver)
      guard costs.contains(where: { $0 > 0 }) else { return nil }
      return RooflineAsymptote(
        rows, costs: costs, isFitted: true, depth: depth, isShared: isShared, hiding: hiding,
        uncached: uncached, elementSize: elementSize)
    }
    var best: (uncached: UncachedCost?, error: Double) = (nil, .infinity)
    if let uncached, large.count >= 2 * Self.leastRows {
      let sorted = large.sorted { $0.shape.elements < $1.shape.elements }
      let (near, far) = (Array(sorted.prefix(large.count * 3 / 4)), sorted.suffix(large.count / 4))
      for candidate in [uncached, uncached.scaled(by: 0.5), nil] {
        guard let asymptote = try fitted(near, candidate) else { continue }
        let error = far.reduce(0) { $0 + abs(log($1.seconds / asymptote.cost($1.m, $1.k, $1.n))) }
        if error < Self.advantage * best.error { best = (candidate, error) }
      }
    }
    if large.count >= Self.leastRows, let found = try fitted(large, best.uncached) {
      self.init(
        rows, costs: found.costs, isFitted: true, depth: depth, isShared: isShared, hiding: hiding,
        uncached: best.uncached, elementSize: elementSize)
    } else {
      self.init(
        rows, costs: Self.roofline(rows, elementSize: elementSize), isFitted: false, depth: depth, isShared: isShared,
        hiding: hiding, uncached: nil, elementSize: elementSize)
    }
  }

  /// An asymptote with known costs, as read from a file; nil without rows.
  init?(
    _ rows: [FitRow], costs: [Double], isFitted: Bool, depth: Int, isShared: Bool, hiding: Double,
    uncached: UncachedCost?, elementSize: Double
  ) {
    guard let range = MeasuredRange(rows), costs.count == Self.termCount else { return nil }
    self.range = range
    self.costs = costs
    self.isFitted = isFitted
    self.depth = depth
    self.isShared = isShared
    // With less than this, more arithmetic would hide more than it takes, and the time would fall.
    let element = 2 * costs[5] + costs[7] + 4 * (uncached?.cost ?? 0)
    self.hiding = min(max(hiding, element / max(costs[0], .leastNormalMagnitude)), Self.mostHiding)
    self.uncached = uncached
    self.elementSize = elementSize
  }

  /// What each row counts: by the square of its work, as its operands leave the caches the more, and those of the largest
  /// alike, so that there are always enough to decide.
  private static func counts(_ rows: [FitRow]) -> [Double] {
    let works = rows.map(\.shape.flops).sorted(by: >)
    guard let full = works.prefix(leastRows).last else { return [] }
    return rows.map { row in
      let share = min(1, row.shape.flops / full)
      return share * share
    }
  }

  /// The costs of a roofline under the rows.
  private static func roofline(_ rows: [FitRow], elementSize: Double) -> [Double] {
    let peak = rows.map { $0.shape.flops / $0.seconds }.max() ?? 1
    // The fastest traffic of large operands; smaller ones come from caches.
    let rates = rows.map { row in
      (bytes: elementSize * row.shape.elements, rate: elementSize * row.shape.elements / row.seconds)
    }
    let large = rates.filter { $0.bytes > 16e6 }
    let bandwidth = (large.isEmpty ? rates : large).map(\.rate).max() ?? 1
    let element = elementSize / bandwidth
    return [2 / peak, element, element, element, 0, 0, 0, 0, 0, 0]
  }

  /// The share that shows of what operands beyond the caches cost.
  private static func shown(_ m: Double, _ k: Double, _ n: Double, hiding: Double) -> Double {
    max(0, 1 - m * k * n / (m * k + k * n + m * n) / hiding)
  }

  private static func terms(
    _ m: Double, _ k: Double, _ n: Double, depth: Int, isShared: Bool, hiding: Double, elementSize: Double
  ) -> [Double] {
    let (a, b, c) = (m * k, k * n, m * n)
    func outside(_ bytes: Double) -> Double { 1 / (1 + (cacheSize / bytes) * (cacheSize / bytes)) }
    let operands = outside(elementSize * (a + b + c))
    let packed = outside(elementSize * m * min(k, Double(depth)))
    let blocks = (k / Double(depth)).rounded(.up)
    let shown = shown(m, k, n, hiding: hiding)
    return [
      m * k * n, a, b, c, c * blocks, shown * a * (operands + packed), b * operands, shown * c * operands,
      isShared ? min(m, contendedRows) * blocks : 0, isShared ? blocks : 0,
    ]
  }

  /// Seconds that the terms say.
  private func cost(_ m: Double, _ k: Double, _ n: Double) -> Double {
    let extra =
      uncached?.seconds(m, k, n, depth: Double(depth), isShared: isShared, elementSize: elementSize) ?? 0
    let terms = Self.terms(
      m, k, n, depth: depth, isShared: isShared, hiding: hiding, elementSize: elementSize)
    return zip(costs, terms).reduce(Self.shown(m, k, n, hiding: hiding) * extra) { $0 + $1.0 * $1.1 }
  }

  /// Seconds of one GEMM, by what the model inside the range says of a shape there.
  ///
  /// A shape outside takes the time of the nearest shape inside times the ratio of their costs. The further beyond the
  /// largest extents, the more the cost itself counts: d/2 of the logarithm at d octaves, and all from two on. Where an
  /// extent is smaller than those that the costs were fitted to, it counts less. Near the edge a single odd time does not
  /// decide.
  func seconds(m: Double, k: Double, n: Double, inside: (_ m: Double, _ k: Double, _ n: Double) -> Double) -> Double {
    let nearest = range.nearest(m: m, k: k, n: n)
    let edge = inside(nearest.m, nearest.k, nearest.n)
    if nearest.m == m, nearest.k == k, nearest.n == n { return edge }
    let cost = cost(m, k, n)
    let continued = edge * cost / self.cost(nearest.m, nearest.k, nearest.n)
    guard isFitted else { return continued }
    let octaves = max(0, log2(m * k * n / (nearest.m * nearest.k * nearest.n)))
    let breadth = min(max(log2(min(m, k, n) / Self.leastExtent) + 1, 0), 1)
    // Within a factor of two the time rises beyond the range as it does in it.
    let ratio = min(max(cost / continued, 0.5), 2)
    return continued * pow(ratio, breadth * min(octaves / Self.ownOctaves, 1))
  }
}
