internal import GEMMTiming

/// How a time grows beyond the measured range: as work and traffic do, t → flops/peak or bytes/bandwidth.
///
/// A shape outside is predicted at the nearest shape inside, times the ratio of their roofline times
/// flops/peak + bytes/bandwidth. The structure is not asked there: it was fitted to how caches fill within the range,
/// and what its terms would do ten times further out no row has checked.
struct RooflineAsymptote: Hashable, Sendable {
  /// What the rows span.
  let range: MeasuredRange
  /// flop/byte at which the rows' fastest work and their fastest traffic take equally long.
  let balance: Double
  private let elementSize: Double

  /// The asymptote of some rows; nil of none.
  init?(_ rows: [FitRow], elementSize: Double) {
    guard let range = MeasuredRange(rows) else { return nil }
    self.range = range
    self.elementSize = elementSize
    let peak = rows.map { $0.shape.flops / $0.seconds }.max() ?? 0
    // The fastest traffic of large operands; smaller ones come from caches.
    let rates = rows.map { row in
      (bytes: elementSize * row.shape.elements, rate: elementSize * row.shape.elements / row.seconds)
    }
    let large = rates.filter { $0.bytes > 16e6 }
    let bandwidth = (large.isEmpty ? rates : large).map(\.rate).max() ?? 0
    balance = bandwidth > 0 ? peak / bandwidth : 0
  }

  /// The nearest shape inside the range, and how many times as long the shape takes.
  func edge(m: Double, k: Double, n: Double) -> (m: Double, k: Double, n: Double, ratio: Double) {
    let inside = range.nearest(m: m, k: k, n: n)
    if inside.m == m, inside.k == k, inside.n == n { return (m, k, n, 1) }
    return (inside.m, inside.k, inside.n, cost(m, k, n) / cost(inside.m, inside.k, inside.n))
  }

  /// The roofline time in units of a flop at the peak.
  private func cost(_ m: Double, _ k: Double, _ n: Double) -> Double {
    2 * m * k * n + balance * elementSize * (m * k + k * n + m * n)
  }
}
