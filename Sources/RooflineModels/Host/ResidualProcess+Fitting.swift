internal import Foundation
internal import LinearSolvers
internal import SeededRandom

extension ResidualProcess {
  /// Conditions a process on rows and their log residuals.
  ///
  /// `errors` are the rows' own standard deviations of the residual. O(rows³).
  init(
    rows: [FitRow], residuals: [Double], errors: [Double], geometry: BlockGeometry, parameters: Hyperparameters,
    solver: any DenseSolver
  ) throws(SolverError) {
    let inputs = rows.flatMap { Self.scaledInputs($0, geometry: geometry, parameters: parameters) }
    let covariance = Self.covariance(inputs: inputs, errors: errors, parameters: parameters)
    self.init(
      geometry: geometry, parameters: parameters, rows: rows,
      weights: try solver.solve(cholesky: solver.cholesky(covariance), residuals))
  }

  /// The rows' errors with those of disturbed measurements raised to what they missed by.
  ///
  /// What a row misses by is (noise² + error²)·α; beyond two and a half standard deviations, told by the median, it is
  /// taken for a disturbance, as in a process with heavy-tailed noise. O(rows).
  func raisedErrors(_ errors: [Double]) -> [Double] {
    let misses = zip(errors, weights).map { error, weight in
      abs(weight) * (parameters.noise * parameters.noise + error * error)
    }
    let limit = 2.5 * 1.4826 * ErrorStatistics.quantile(misses.sorted(), 0.5)
    return zip(errors, misses).map { $1 > limit ? max($0, $1) : $0 }
  }

  /// K + noise of scaled inputs.
  ///
  /// O(rows²).
  static func covariance(inputs: [Double], errors: [Double], parameters: Hyperparameters) -> Matrix {
    let count = errors.count
    let size = count > 0 ? inputs.count / count : 0
    var matrix = Matrix(rows: count, columns: count)
    let variance = parameters.amplitude * parameters.amplitude
    inputs.withUnsafeBufferPointer { inputs in
      matrix.elements.withUnsafeMutableBufferPointer { elements in
        for i in 0..<count {
          for j in 0..<i {
            var squared = 0.0
            for l in 0..<size {
              let difference = inputs[i * size + l] - inputs[j * size + l]
              squared += difference * difference
            }
            let value = variance * correlation(squared: squared)
            elements[i * count + j] = value
            elements[j * count + i] = value
          }
          elements[i * count + i] = variance + parameters.noise * parameters.noise + errors[i] * errors[i]
        }
      }
    }
    return matrix
  }

  /// The parameters of largest marginal likelihood, with a broad prior on the lengths.
  ///
  /// By coordinate search on at most `limit` rows; deterministic.
  static func search(
    rows: [FitRow], residuals: [Double], errors: [Double], geometry: BlockGeometry,
    from start: Hyperparameters? = nil, limit: Int = 800, solver: any DenseSolver
  ) -> Hyperparameters {
    let chosen = SplitMix64.sample(rows.count, limit: limit, seed: 2)
    let points = chosen.map { inputs(m: rows[$0].m, k: rows[$0].k, n: rows[$0].n, geometry: geometry) }
    let y = chosen.map { residuals[$0] }
    let e = chosen.map { errors[$0] }
    let size = points.first?.count ?? 0
    let deviation = max((y.reduce(0) { $0 + $1 * $1 } / Double(max(y.count, 1))).squareRoot(), 1e-3)

    func score(_ parameters: Hyperparameters) -> Double {
      let scaled = points.flatMap { point in zip(point, parameters.lengths).map { $0 / $1 } }
      let matrix = covariance(inputs: scaled, errors: e, parameters: parameters)
      guard let factor = try? solver.cholesky(matrix), let alpha = try? solver.solve(cholesky: factor, y) else {
        return -.infinity
      }
      var value = -0.5 * zip(y, alpha).reduce(0) { $0 + $1.0 * $1.1 }
      for i in 0..<factor.rows { value -= log(factor[i, i]) }
      // Log-normal prior: a length of 3 octaves, within a factor of 4.5.
      for length in parameters.lengths { value -= 0.5 * pow(log(length / 3) / 1.5, 2) }
      return value
    }

    var best =
      start
      ?? Hyperparameters(lengths: Array(repeating: 3, count: size), amplitude: deviation, noise: deviation / 2)
    var highest = score(best)
    func consider(_ candidate: Hyperparameters) -> Bool {
      let value = score(candidate)
      guard value > highest + 1e-6 else { return false }
      highest = value
      best = candidate
      return true
    }
    for factor in [2.0, 2.0, 1.4] {
      for index in 0..<(size + 2) {
        for direction in [factor, 1 / factor] {
          var steps = 0
          var goesOn = true
          while goesOn, steps < 3 {
            var candidate = best
            if index < size {
              candidate.lengths[index] = min(max(candidate.lengths[index] * direction, 0.2), 50)
            } else if index == size {
              candidate.amplitude = min(max(candidate.amplitude * direction, 1e-3), 2)
            } else {
              candidate.noise = min(max(candidate.noise * direction, 1e-3), 1)
            }
            goesOn = candidate != best && consider(candidate)
            steps += 1
          }
          if steps > 1 { break }
        }
      }
    }
    return best
  }
}
