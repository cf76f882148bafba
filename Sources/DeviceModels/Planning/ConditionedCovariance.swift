/// Gaussian quantities that are not known, and what measurements leave of their covariance.
///
/// A measurement of one takes the same amount of variance from each, whatever it turns out to be.
struct ConditionedCovariance {
  /// How many quantities there are.
  let count: Int
  /// The covariance, row by row.
  private(set) var values: [Double]
  /// The variance with which a measurement scatters about each quantity.
  let noise: [Double]

  /// Before anything is measured; `value` is asked for i ≥ j.
  init(noise: [Double], value: (_ i: Int, _ j: Int) -> Double) {
    count = noise.count
    self.noise = noise
    values = Array(repeating: 0, count: count * count)
    for i in 0..<count {
      for j in 0...i {
        let covariance = value(i, j)
        values[i * count + j] = covariance
        values[j * count + i] = covariance
      }
    }
  }

  /// The covariance of a quantity with each.
  func column(_ index: Int) -> ArraySlice<Double> { values[index * count..<(index + 1) * count] }

  /// The variance of a quantity.
  func variance(_ index: Int) -> Double { values[index * count + index] }

  /// The variance of a measurement of a quantity.
  func measuredVariance(_ index: Int) -> Double { variance(index) + noise[index] }

  /// Conditions on a measurement of one quantity.
  ///
  /// O(count²).
  mutating func measure(_ index: Int) {
    let column = Array(column(index))
    let variance = measuredVariance(index)
    values.withUnsafeMutableBufferPointer { values in
      for i in 0..<count where column[i] != 0 {
        let factor = column[i] / variance
        for j in 0..<count { values[i * count + j] -= factor * column[j] }
      }
    }
  }
}
