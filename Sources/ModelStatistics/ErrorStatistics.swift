/// How predictions compare with measured times, as fractions of the measured time (0.05 is 5 %).
public struct ErrorStatistics: Hashable, Sendable {
  /// How many predictions are compared.
  public let count: Int
  /// Mean of |predicted − measured| / measured.
  public let mean: Double
  /// Its median.
  public let median: Double
  /// Its 90th percentile.
  public let p90: Double
  /// Its 95th percentile.
  public let p95: Double
  /// The largest.
  public let worst: Double
  /// Mean of (predicted − measured) / measured: positive when the model is too slow.
  public let bias: Double
  /// The share of measured times inside their 90 % prediction interval.
  public let coverage: Double

  /// Compares predictions with measurements; nil when there are none.
  ///
  /// O(n log n).
  public init?(_ pairs: some Sequence<(measured: Double, predicted: Double, low: Double, high: Double)>) {
    let pairs = Array(pairs)
    guard !pairs.isEmpty else { return nil }
    let signed = pairs.map { ($0.predicted - $0.measured) / $0.measured }
    let errors = signed.map { abs($0) }.sorted()
    count = errors.count
    mean = errors.reduce(0, +) / Double(errors.count)
    median = Self.quantile(errors, 0.5)
    p90 = Self.quantile(errors, 0.9)
    p95 = Self.quantile(errors, 0.95)
    worst = errors[errors.count - 1]
    bias = signed.reduce(0, +) / Double(count)
    let covered = pairs.count { $0.low <= $0.measured && $0.measured <= $0.high }
    coverage = Double(covered) / Double(count)
  }

  /// The q-quantile of sorted values by linear interpolation between order statistics; 0 when there are none.
  public static func quantile(_ sorted: [Double], _ q: Double) -> Double {
    guard let last = sorted.last else { return 0 }
    let position = q * Double(sorted.count - 1)
    let lower = Int(position)
    guard lower + 1 < sorted.count else { return last }
    return sorted[lower] + (position - Double(lower)) * (sorted[lower + 1] - sorted[lower])
  }

  /// The 5th and the 95th percentile of sorted values, moved outward by half a rank in n + 1, towards what the next value
  /// demands; 0 when there are none.
  public static func tails(_ sorted: [Double]) -> (low: Double, high: Double) {
    let margin = 0.5 / Double(sorted.count + 1)
    return (quantile(sorted, max(0, 0.05 - margin)), quantile(sorted, min(1, 0.95 + margin)))
  }
}
