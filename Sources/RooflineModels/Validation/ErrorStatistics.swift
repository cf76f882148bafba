public import GEMMTiming

/// How far predictions lie from measurements: statistics of predicted/measured − 1.
public struct ErrorStatistics: Hashable, Sendable {
  /// Pairs that were compared.
  public let count: Int
  /// Mean of the absolute error; 0.05 is 5 %.
  public let mean: Double
  /// Median of the absolute error.
  public let median: Double
  /// 90th percentile of the absolute error.
  public let ninetiethPercentile: Double
  /// Mean of the signed error: above 0, predictions are too long.
  public let bias: Double
  /// Fraction of measurements inside the prediction interval.
  public let coverage: Double

  /// Statistics of predictions against measured seconds; nil when there are none. O(n log n).
  public init?(_ pairs: some Sequence<(measured: Double, predicted: TimePrediction)>) {
    var signed: [Double] = []
    var covered = 0
    for pair in pairs {
      signed.append(pair.predicted.seconds / pair.measured - 1)
      if pair.predicted.low <= pair.measured, pair.measured <= pair.predicted.high { covered += 1 }
    }
    guard !signed.isEmpty else { return nil }
    let absolute = signed.map { abs($0) }.sorted()
    count = signed.count
    mean = absolute.reduce(0, +) / Double(count)
    median = Self.quantile(absolute, 0.5)
    ninetiethPercentile = Self.quantile(absolute, 0.9)
    bias = signed.reduce(0, +) / Double(count)
    coverage = Double(covered) / Double(count)
  }

  /// The quantile of sorted values, interpolated between order statistics (Hyndman and Fan's type 7).
  private static func quantile(_ sorted: [Double], _ fraction: Double) -> Double {
    let position = fraction * Double(sorted.count - 1)
    let lower = Int(position)
    let upper = min(lower + 1, sorted.count - 1)
    return sorted[lower] + (position - Double(lower)) * (sorted[upper] - sorted[lower])
  }
}
