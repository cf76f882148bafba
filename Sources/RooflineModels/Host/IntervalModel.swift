internal import Foundation

/// How wide the 90 % interval is at a shape.
///
/// The scale of the error at a shape is the mean |held-out log residual| of the rows around it, so it takes in the
/// noise of the measurement and what the model gets wrong there; the interval's ends are that scale times quantiles
/// of the held-out residuals over their own scales, which makes it cover what it says (locally weighted conformal
/// prediction; Lei et al., *Distribution-free predictive inference for regression*, JASA 113, 2018, §5.2). Outside the
/// measured range it grows with the octaves to the nearest measured extent, at a rate found by holding out the largest.
struct IntervalModel: Hashable, Sendable {
  /// log₂ of m, k and n of each row, and its |held-out log residual|.
  var positions: [Double]
  var residuals: [Double]
  /// The mean |held-out log residual| of all rows.
  var overall: Double
  /// The 5 % and 95 % quantiles of log(measured / predicted) over the scale.
  var lowQuantile: Double
  var highQuantile: Double
  /// What an octave outside the measured range adds to the scale, as a multiple.
  var growth: Double

  /// Over how many octaves rows tell of each other's error.
  static let reach = 1.0
  /// How many rows the overall scale counts for.
  static let prior = 2.0

  /// The scale at a position, leaving out one row where asked.
  ///
  /// O(rows).
  func scale(_ m: Double, _ k: Double, _ n: Double, without excluded: Int = -1) -> Double {
    var weight = Self.prior
    var sum = Self.prior * overall
    positions.withUnsafeBufferPointer { positions in
      residuals.withUnsafeBufferPointer { residuals in
        for i in 0..<residuals.count where i != excluded {
          let (dm, dk, dn) = (positions[3 * i] - m, positions[3 * i + 1] - k, positions[3 * i + 2] - n)
          let squared = (dm * dm + dk * dk + dn * dn) / (2 * Self.reach * Self.reach)
          if squared < 12 {
            let share = exp(-squared)
            weight += share
            sum += share * residuals[i]
          }
        }
      }
    }
    return sum / weight
  }

  /// Calibrates the quantiles on log(measured / predicted) of rows that were held out.
  init(rows: [FitRow], heldOut: [Double], growth: Double) {
    positions = rows.flatMap { [log2($0.m), log2($0.k), log2($0.n)] }
    residuals = heldOut.map(abs)
    overall = max(residuals.reduce(0, +) / Double(max(residuals.count, 1)), 1e-4)
    lowQuantile = 0
    highQuantile = 0
    self.growth = growth
    let ratios = heldOut.indices.map { i in
      heldOut[i] / scale(positions[3 * i], positions[3 * i + 1], positions[3 * i + 2], without: i)
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
    positions = rows.flatMap { [log2($0.m), log2($0.k), log2($0.n)] }
    self.residuals = residuals
    self.overall = overall
    self.lowQuantile = lowQuantile
    self.highQuantile = highQuantile
    self.growth = growth
  }

  /// The factors from the predicted time to the ends of its 90 % interval.
  ///
  /// `outside` is the octaves outside the measured range, 0 within.
  func factors(m: Double, k: Double, n: Double, outside: Double) -> (low: Double, high: Double) {
    let scale = scale(log2(m), log2(k), log2(n)) * (1 + growth * outside)
    return (exp(scale * lowQuantile), exp(scale * highQuantile))
  }
}
