internal import Foundation
internal import LinearSolvers
internal import SeededRandom

extension ResidualProcess {
  /// Conditions a process on rows and their log residuals.
  ///
  /// `errors` are the rows' own standard deviations of the residual. O(rows³).
  init(
    rows: [FitRow], residuals: [Double], errors: [Double], geometry: BlockGeometry, elementSize: Double,
    parameters: Hyperparameters, solver: any DenseSolver
  ) throws(SolverError) {
    let inputs = rows.flatMap {
      Self.scaledInputs($0, geometry: geometry, elementSize: elementSize, parameters: parameters)
    }
    let covariance = Self.covariance(inputs: inputs, errors: errors, parameters: parameters)
    self.init(
      geometry: geometry, elementSize: elementSize, parameters: parameters, rows: rows,
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
}
