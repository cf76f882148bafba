/// The variance of a weighted sum of Gaussian errors, and what measurements leave of it.
///
/// With weights w, covariance C and a measurement that scatters by nⱼ about error j, measuring it takes
///
///     (Σᵢ wᵢ·Cᵢⱼ)² / (Cⱼⱼ + nⱼ)
///
/// from wᵀ·C·w, whatever it turns out to be (Gaussian conditioning).
struct ForecastVariance {
  private var errors: ConditionedCovariance
  /// The covariance of each error with the sum.
  private var withSum: [Double]
  /// What no measurement takes away.
  let rest: Double
  /// The variance of the sum.
  private(set) var variance: Double

  /// Before anything is measured; `rest` is variance that adds to the sum's and stays.
  init(_ errors: ConditionedCovariance, weights: [Double], rest: Double) {
    self.errors = errors
    self.rest = rest
    let withSum = (0..<errors.count).map { index in
      zip(errors.column(index), weights).reduce(0) { $0 + $1.0 * $1.1 }
    }
    self.withSum = withSum
    variance = rest + zip(weights, withSum).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// What measuring an error takes from the variance.
  func gain(_ index: Int) -> Double {
    let variance = errors.measuredVariance(index)
    return variance > 0 ? withSum[index] * withSum[index] / variance : 0
  }

  /// The most telling of some measurements, the first of equal ones; nil for none.
  func mostTelling(among candidates: some Sequence<Int>) -> Int? {
    var best: (index: Int, gain: Double)?
    for index in candidates {
      let gain = gain(index)
      if gain > best?.gain ?? -.infinity { best = (index, gain) }
    }
    return best?.index
  }

  /// Conditions on a measurement of one error.
  ///
  /// O(errors²).
  mutating func measure(_ index: Int) {
    let gain = gain(index)
    let scale = withSum[index] / errors.measuredVariance(index)
    for (other, covariance) in zip(0..<errors.count, errors.column(index)) { withSum[other] -= scale * covariance }
    // Rounding does not make a variance negative.
    variance = max(rest, variance - gain)
    errors.measure(index)
  }
}
