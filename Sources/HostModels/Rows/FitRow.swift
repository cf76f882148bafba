internal import Foundation
internal import GEMMTiming

/// One GEMM shape of a group with what was measured of it: the rows of a table that share the shape, pooled.
struct FitRow: Hashable, Sendable {
  /// The shape of one product: batched rows count by their time a product.
  var shape: GEMMShape
  /// Median in seconds; of several rows the geometric mean.
  var seconds: Double
  /// The relative standard error of the median; nil where no row has an interval.
  var noise: Double?
  /// The shortest time in seconds that any of the rows saw.
  var shortest: Double

  var m: Double { Double(shape.m) }
  var k: Double { Double(shape.k) }
  var n: Double { Double(shape.n) }

  /// What a model and this measurement of the very shape say together.
  ///
  /// Their mean in the logarithm, each weighted by its inverse variance. The interval of a measurement says nothing of
  /// the drift from one run to the next, so it counts as no surer than four times the model; without an interval, as
  /// sure as the model.
  func pooled(
    model: Double, factors: (low: Double, high: Double)
  ) -> (seconds: Double, factors: (low: Double, high: Double)) {
    let modelDeviation = log(factors.high / factors.low) / (2 * 1.645)
    let rowDeviation = noise.map { max($0, modelDeviation / 4) } ?? modelDeviation
    let rowWeight = 1 / max(rowDeviation * rowDeviation, 1e-12)
    let modelWeight = 1 / max(modelDeviation * modelDeviation, 1e-12)
    let share = rowWeight / (rowWeight + modelWeight)
    let pooled = exp(log(model) + share * log(seconds / model))
    let shrink = (1 / (rowWeight + modelWeight)).squareRoot() / max(modelDeviation, 1e-6)
    return (pooled, (pow(factors.low, shrink), pow(factors.high, shrink)))
  }

  /// The GEMM rows of a table, pooled by shape and sorted by it: a fit is the same whatever the order of a table's rows.
  ///
  /// O(rows · log rows).
  static func pooled(_ rows: [TimingRow]) throws(ShapeError) -> [FitRow] {
    // Several rows of one shape too: sums depend on the order of their terms.
    let sorted = rows.lazy.filter { $0.routine == .gemm }.sorted {
      ($0.shape.m, $0.shape.k, $0.shape.n, $0.seconds) < ($1.shape.m, $1.shape.k, $1.shape.n, $1.seconds)
    }
    var order: [GEMMShape] = []
    var members: [GEMMShape: [TimingRow]] = [:]
    for row in sorted {
      let single = try GEMMShape(m: row.shape.m, k: row.shape.k, n: row.shape.n)
      if members[single] == nil { order.append(single) }
      members[single, default: []].append(row)
    }
    let usual = usualCanary(rows)
    let few = FewSamples(rows)
    return order.compactMap { shape in
      guard let rows = members[shape], !rows.isEmpty else { return nil }
      let count = Double(rows.count)
      let logarithm = rows.reduce(0) { $0 + log($1.seconds / Double($1.shape.batch)) } / count
      let errors = rows.compactMap { row -> Double? in
        guard let low = row.low, let high = row.high, high >= low else { return nil }
        let spread = few?.error(row) ?? (high - low) / (2 * 1.959964 * row.seconds)
        let drift = drift(row, usual: usual)
        return (spread * spread + drift * drift).squareRoot()
      }
      let noise = errors.isEmpty ? nil : (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count) / count).squareRoot()
      let shortest = rows.map { min($0.minimum ?? $0.seconds, $0.seconds) / Double($0.shape.batch) }.min()
      return FitRow(shape: shape, seconds: exp(logarithm), noise: noise, shortest: shortest ?? exp(logarithm))
    }
  }

  /// How far the host's state beside the row's visits was from the usual one: |ln| of the canary's time over its usual
  /// time, beyond the twentieth that canaries differ by on a quiet host; 0 in tables without those columns.
  ///
  /// How much of it a shape feels depends on the shape; so it widens the row's error and does not correct its time. Where
  /// the row's own calls were corrected for a shared core, a share of the correction is left as its error.
  private static func drift(_ row: TimingRow, usual: Double?) -> Double {
    let state = HostState(row)
    guard let slowdown = state.slowdown else { return 0 }
    let canary = if let usual, let own = state.canarySeconds { own / usual } else { 1.0 }
    let correction = max(state.correction(of: row.seconds) ?? 1, 1)
    let unknown = max(abs(log(correction > 1 ? canary : slowdown * canary)) - 0.05, 0)
    return unknown + correctionError * log(correction)
  }

  /// What of a correction's logarithm is its standard error: products of one size follow their core's level by slopes that
  /// differ by a quarter, and two calls of one product by as much.
  private static let correctionError = 0.3

  /// The undisturbed canary that most rows were measured beside: tables of several runs may hold several.
  private static func usualCanary(_ rows: [TimingRow]) -> Double? {
    let times = rows.compactMap { HostState($0).canarySeconds }.sorted()
    return times.isEmpty ? nil : times[times.count / 2]
  }
}
