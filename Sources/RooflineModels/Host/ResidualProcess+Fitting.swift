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
    let covariance = try Self.covariance(
      inputs: inputs, errors: errors, parameters: parameters, solver: solver)
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

  /// K + noise of scaled inputs, in its lower triangle.
  ///
  /// Squared distances are |x|² + |y|² − 2·x·y about the inputs' middle, whose products a library forms. O(rows²).
  static func covariance(
    inputs: [Double], errors: [Double], parameters: Hyperparameters, solver: any DenseSolver
  ) throws(SolverError) -> Matrix {
    let count = errors.count
    let size = count > 0 ? inputs.count / count : 0
    var centered = Matrix(rows: count, columns: size)
    for l in 0..<size {
      let middle = stride(from: l, to: inputs.count, by: size).reduce(0) { $0 + inputs[$1] } / Double(count)
      for i in 0..<count { centered.elements[l * count + i] = inputs[i * size + l] - middle }
    }
    var matrix = try solver.gram(centered)
    let squares = (0..<count).map { matrix.elements[$0 * count + $0] }
    let variance = parameters.amplitude * parameters.amplitude
    matrix.elements.withUnsafeMutableBufferPointer { elements in
      for j in 0..<count {
        for i in j..<count {
          let squared = max(squares[i] + squares[j] - 2 * elements[j * count + i], 0)
          elements[j * count + i] = variance * correlation(squared: squared)
        }
        elements[j * count + j] = variance + parameters.noise * parameters.noise + errors[j] * errors[j]
      }
    }
    return matrix
  }
}
