internal import Foundation
public import GEMMTiming

/// Joins rows that measured the same thing at different times.
public enum TablePooling {
  /// One row from rows of the same shape, threads and cache state.
  ///
  /// With nᵢ samples of median tᵢ and relative half-widths hᵢ, weights wᵢ = nᵢ/Σn (a row that does not say its samples
  /// counts as one of ten): ln t = Σ wᵢ·ln tᵢ, h² = Σ wᵢ²·hᵢ² + 1.96²·s²/r with s² the weighted variance of ln tᵢ
  /// between the r rows, so that rows that disagree widen the interval. The host's state is pooled with them (`HostState`);
  /// the columns that are carried along come from the last row.
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
    let parts = zip(rows, weights).map { (state: HostState($0), seconds: $0.seconds, weight: $1) }
    HostState.pooled(parts, seconds: pooled.seconds, by: .geometric).write(into: &pooled)
    return pooled
  }
}
