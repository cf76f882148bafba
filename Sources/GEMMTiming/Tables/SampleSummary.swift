internal import Foundation

/// What a set of repeated timings says: the median, its 95 % confidence interval, and the smallest.
public struct SampleSummary: Hashable, Sendable {
  /// Median in seconds; of an even number the lower of the two in the middle: a disturbance only ever lengthens a time.
  public let median: Double
  /// Lower end of the distribution-free 95 % confidence interval of the median, in seconds.
  public let low: Double
  /// Upper end of that interval, in seconds.
  public let high: Double
  /// The fastest in seconds.
  public let minimum: Double
  /// How many timings there were.
  public let count: Int

  /// Summarises timings in seconds; nil when there are none.
  ///
  /// O(n log n).
  ///
  /// The interval lies between two order statistics, equally far from either end, whose ranks the binomial
  /// distribution gives (Hahn and Meeker, *Statistical Intervals*, §5.2), by its normal approximation with continuity
  /// correction, n/2 − ½ − 1.96·√n/2 from the ends: never below 95 %, and the narrowest such pair for nearly every n.
  /// Below six samples no pair of ranks reaches 95 %, and the interval is the range.
  public init?(_ seconds: [Double]) {
    let sorted = seconds.sorted()
    guard let first = sorted.first else { return nil }
    let n = sorted.count
    minimum = first
    count = n
    median = sorted[(n - 1) / 2]
    let below = (Double(n) / 2 - 0.5 - 1.959964 * Double(n).squareRoot() / 2).rounded(.down)
    let rank = n < 6 ? 0 : max(0, Int(below))
    low = sorted[rank]
    high = sorted[n - 1 - rank]
  }
}
