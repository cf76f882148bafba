internal import Foundation
internal import LinearSolvers
internal import ModelStatistics
internal import SeededRandom

extension ResidualProcess {
  /// Conditions a process on some of the rows and their log residuals, piece by piece.
  ///
  /// `members` are the indices of those that count; `residuals` and `errors`, the residuals' own standard deviations, are
  /// one a row. O(members · rows of a piece²).
  init(
    rows: [FitRow], members: [Int], residuals: [Double], errors: [Double], geometry: BlockGeometry, elementSize: Double,
    parameters: Hyperparameters, solver: any DenseSolver
  ) throws(SolverError) {
    let size = parameters.lengths.count
    let inputs = members.flatMap {
      Self.scaledInputs(rows[$0], geometry: geometry, elementSize: elementSize, parameters: parameters)
    }
    let cut = PieceCut(points: inputs, size: size)
    let pieces = try Parallel.map(cut.centers.count, with: solver) { (index) throws(SolverError) -> ProcessPiece in
      let own = cut.members[index]
      let covariance = try Self.covariance(
        inputs: own.flatMap { inputs[$0 * size..<($0 + 1) * size] }, errors: own.map { errors[members[$0]] },
        parameters: parameters, solver: solver)
      let weights = try solver.solve(cholesky: solver.cholesky(covariance), own.map { residuals[members[$0]] })
      return ProcessPiece(center: cut.centers[index], rows: own.map { members[$0] }, weights: weights)
    }
    self.init(
      geometry: geometry, elementSize: elementSize, parameters: parameters, rows: rows, pieces: pieces,
      spread: cut.spread)
  }

  /// The errors with those of disturbed measurements among `members` raised to what they missed by.
  ///
  /// Beyond two and a half standard deviations, told by the median, a miss is taken for a disturbance, as in a process with
  /// heavy-tailed noise. O(members · rows of a piece).
  func raisedErrors(_ errors: [Double], rows: [FitRow], members: [Int], residuals: [Double]) -> [Double] {
    let misses = members.map { abs(residuals[$0] - mean(m: rows[$0].m, k: rows[$0].k, n: rows[$0].n)) }
    let limit = 2.5 * 1.4826 * ErrorStatistics.quantile(misses.sorted(), 0.5)
    var raised = errors
    for (index, miss) in zip(members, misses) where miss > limit { raised[index] = max(errors[index], miss) }
    return raised
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
          elements[j * count + i] = variance * RationalQuadratic.correlation(squared: squared)
        }
        elements[j * count + j] = variance + parameters.noise * parameters.noise + errors[j] * errors[j]
      }
    }
    return matrix
  }
}
