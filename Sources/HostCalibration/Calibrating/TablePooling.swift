internal import DataFiles
internal import Foundation
public import GEMMTiming

/// Joins rows that measured the same thing at different times.
public enum TablePooling {
  /// One row from rows of the same shape, threads and cache state.
  ///
  /// With nᵢ samples of median tᵢ and relative half-widths hᵢ, weights wᵢ = nᵢ/Σn (a row that does not say its samples
  /// counts as one of ten): ln t = Σ wᵢ·ln tᵢ, h² = Σ wᵢ²·hᵢ² + 1.96²·s²/r with s² the weighted variance of ln tᵢ
  /// between the r rows, so that rows that disagree widen the interval. Of a calibration's columns, the host's state beside
  /// the rows is pooled as their times are, and what neighbours took is added up; the others come from the last row.
  public static func pool(_ first: TimingRow, _ others: [TimingRow]) -> TimingRow {
    guard let last = others.last else { return first }
    let rows = [first] + others
    let weights = rows.map { Double($0.samples ?? 10) }
    let total = weights.reduce(0, +)
    let logs = rows.map { log($0.seconds) }
    let mean = zip(weights, logs).reduce(0) { $0 + $1.0 * $1.1 } / total
    var within = 0.0
    var between = 0.0
    for index in rows.indices {
      let share = weights[index] / total
      let row = rows[index]
      if let low = row.low, let high = row.high {
        let half = log(high / low) / 2
        within += share * share * half * half
      }
      between += share * (logs[index] - mean) * (logs[index] - mean)
    }
    let half = (within + 1.959964 * 1.959964 * between / Double(rows.count)).squareRoot()
    var pooled = last
    pooled.seconds = exp(mean)
    pooled.low = exp(mean - half)
    pooled.high = exp(mean + half)
    pooled.minimum = rows.compactMap(\.minimum).min()
    pooled.samples = rows.compactMap(\.samples).reduce(nil) { ($0 ?? 0) + $1 }
    for (column, decimals) in averaged {
      let known = zip(rows, weights).compactMap { row, weight in
        row.number(column).flatMap { $0 > 0 ? (logarithm: log($0), weight: weight) : nil }
      }
      let weight = known.reduce(0) { $0 + $1.weight }
      guard weight > 0 else { continue }
      let mean = known.reduce(0) { $0 + $1.weight * $1.logarithm } / weight
      pooled.other[column] = FixedPoint.text(exp(mean), decimals: decimals)
    }
    for column in shares {
      let known = zip(rows, weights).compactMap { row, weight in row.number(column).map { (value: $0, weight: weight) }
      }
      let weight = known.reduce(0) { $0 + $1.weight }
      guard weight > 0 else { continue }
      let mean = known.reduce(0) { $0 + $1.weight * $1.value } / weight
      pooled.other[column] = FixedPoint.text(mean, decimals: 4)
    }
    for column in added {
      let known = rows.compactMap { $0.number(column) }
      if !known.isEmpty { pooled.other[column] = FixedPoint.text(known.reduce(0, +), decimals: 0) }
    }
    return pooled
  }

  /// The columns of a calibration that say in which state the host was, with their decimals.
  private static let averaged = [("excess", 4), ("canary", 4), ("canary_us", 3)]
  /// Those that count what was taken from it.
  private static let added = ["steal_us", "switches"]
  /// Those that are a share of the time, and may be 0.
  private static let shares = ["waited"]
}
