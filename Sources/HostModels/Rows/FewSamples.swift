internal import GEMMTiming
internal import ModelStatistics

/// How sure the median of a few samples is.
///
/// A table's interval is the range of its samples where there are fewer than six; of one it has no width at all, and of two
/// that lie together by luck hardly any. So the variance of up to three samples is taken together with the one that other
/// rows of so few have, as if that had been told by `prior` samples more (Smyth, *Linear Models and Empirical Bayes Methods
/// for Assessing Differential Expression*, Stat. Appl. Genet. Mol. Biol. 3, 2004, for variances of few samples).
struct FewSamples {
  /// The usual standard deviation of a sample over its row's time.
  let usual: Double

  /// The range of n normal samples over their standard deviation, for n = 2 and 3.
  private static let ranges = [2: 1.128, 3: 1.693]
  private static let prior = 2.0
  /// Rows of few samples from which on they tell what is usual.
  private static let leastRows = 8

  /// What is usual in the GEMM rows of a table; nil where too few of them have two or three samples.
  ///
  /// O(n log n).
  init?(_ rows: [TimingRow]) {
    let deviations = rows.lazy.filter { $0.routine == .gemm }.compactMap { Self.deviation($0) }.sorted()
    guard deviations.count >= Self.leastRows else { return nil }
    usual = ErrorStatistics.quantile(deviations, 0.5)
  }

  /// The relative standard error of a row's median; nil where the row has more samples or does not say how many.
  func error(_ row: TimingRow) -> Double? {
    guard let samples = row.samples, (1...3).contains(samples) else { return nil }
    let (own, count) = (Self.deviation(row) ?? 0, Double(samples))
    let variance = ((count - 1) * own * own + Self.prior * usual * usual) / (count - 1 + Self.prior)
    return (variance / count).squareRoot()
  }

  /// The standard deviation of a sample of two or three, by their range.
  private static func deviation(_ row: TimingRow) -> Double? {
    guard let samples = row.samples, let range = ranges[samples], let low = row.low, let high = row.high, high >= low
    else { return nil }
    return (high - low) / row.seconds / range
  }
}
