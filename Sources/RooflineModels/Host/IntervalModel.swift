internal import Foundation

/// How wide the 90 % interval is at a shape.
///
/// The scale of the error at a shape is the mean |held-out log residual| of the rows around it, so it takes in the
/// noise of the measurement and what the model gets wrong there; the interval's ends are that scale times quantiles
/// of the held-out residuals over their own scales, which makes it cover what it says (locally weighted conformal
/// prediction; Lei et al., *Distribution-free predictive inference for regression*, JASA 113, 2018, §5.2). Outside the
/// measured range it grows with the octaves to the nearest measured extent, at a rate found by holding out the largest.
struct IntervalModel: Hashable, Sendable {
  /// log₂ of m, k and n of each row with its |held-out log residual|.
  private var points: PackedPoints
  /// The mean |held-out log residual| of all rows.
  var overall: Double
  /// The 5 % and 95 % quantiles of log(measured / predicted) over the scale.
  var lowQuantile: Double
  var highQuantile: Double
  /// What an octave outside the measured range adds to the scale, as a multiple.
  var growth: Double

  /// How many rows the overall scale counts for.
  static let prior = 2.0

  /// The scale at a shape, or at a row without what it tells itself: its own |held-out log residual| is then given.
  ///
  /// A row d octaves away counts (1 + d²/16)⁻⁸, which is e^(−d²/2) near by. O(rows).
  func scale(m: Double, k: Double, n: Double, without own: Double? = nil) -> Double {
    let sums = points.sums(at: [log2(m), log2(k), log2(n)]) { squared in
      let root = 1 + squared * 0.0625
      let square = 1 / (root * root)
      let fourth = square * square
      return fourth * fourth
    }
    // At its own place a row counts 1.
    let weights = max(sums.weights - (own == nil ? 0 : 1), 0)
    let weighted = max(sums.weighted - (own ?? 0), 0)
    return (Self.prior * overall + weighted) / (Self.prior + weights)
  }

  /// Calibrates the quantiles on log(measured / predicted) of rows that were held out.
  init(rows: [FitRow], heldOut: [Double], growth: Double) {
    let mean = heldOut.reduce(0) { $0 + abs($1) } / Double(max(heldOut.count, 1))
    self.init(
      rows: rows, residuals: heldOut.map(abs), overall: max(mean, 1e-4), lowQuantile: 0, highQuantile: 0,
      growth: growth)
    let ratios = zip(rows, heldOut).map { row, residual in
      residual / scale(m: row.m, k: row.k, n: row.n, without: abs(residual))
    }.sorted()
    // The finite-sample quantiles of conformal prediction: a rank further out than the plain ones.
    let count = Double(ratios.count)
    lowQuantile = min(ErrorStatistics.quantile(ratios, max(0, 0.05 - 1 / (count + 1))), 0)
    highQuantile = max(ErrorStatistics.quantile(ratios, min(1, 0.95 + 1 / (count + 1))), 0)
  }

  /// A model with known parameters, as read from a file.
  init(
    rows: [FitRow], residuals: [Double], overall: Double, lowQuantile: Double, highQuantile: Double, growth: Double
  ) {
    points = PackedPoints(
      points: rows.flatMap { [log2($0.m), log2($0.k), log2($0.n)] }, size: 3, values: residuals)
    self.overall = overall
    self.lowQuantile = lowQuantile
    self.highQuantile = highQuantile
    self.growth = growth
  }

  /// The factors from the predicted time to the ends of its 90 % interval.
  ///
  /// `outside` is the octaves outside the measured range, 0 within.
  func factors(m: Double, k: Double, n: Double, outside: Double) -> (low: Double, high: Double) {
    let scale = scale(m: m, k: k, n: n) * (1 + growth * outside)
    return (exp(scale * lowQuantile), exp(scale * highQuantile))
  }

  /// The factors at a row that was held out, whose own |log residual| is given.
  func factors(_ row: FitRow, without own: Double) -> (low: Double, high: Double) {
    let scale = scale(m: row.m, k: row.k, n: row.n, without: own)
    return (exp(scale * lowQuantile), exp(scale * highQuantile))
  }
}
