internal import Foundation
internal import GEMMTiming
internal import LinearSolvers

/// Moves a device's GEMM parameters towards rows that were measured on it; few rows move few of them far.
///
/// Each adjustable parameter is its present value times e^x. The x minimise
///
///     Σ wᵢ·(log predicted − log measured)²/σ² + Σ (xⱼ/sⱼ)²
///
/// the most probable x when rows scatter by σ and parameters by sⱼ about what was known before. Gauss and Newton's
/// iteration with differences for derivatives, each step halved until the sum falls; the weights are Huber's, so that a
/// badly chosen kernel of the library does not pull the rest. O(iterations × parameters × rows) predictions.
struct GEMMRefinement {
  /// A group of parameters that move together, and the standard deviation of their common factor's logarithm.
  private struct Direction: Sendable {
    let deviation: Double
    let apply: @Sendable (inout GEMMParameters, Double) -> Void
  }

  private static let directions: [Direction] = [
    Direction(deviation: 0.1) { $0.computeFraction = min(1, $0.computeFraction * $1) },
    Direction(deviation: 0.1) { $0.bandwidthFraction = min(1, $0.bandwidthFraction * $1) },
    Direction(deviation: 0.2) {
      $0.launchSeconds *= $1
      $0.fillSeconds *= $1
      $0.memoryLatencySeconds *= $1
    },
    Direction(deviation: 0.3) { $0.stepSeconds *= $1 },
    Direction(deviation: 0.2) { $0.splitSeconds *= $1 },
    Direction(deviation: 0.3) { $0.epilogueBandwidthFraction *= $1 },
    Direction(deviation: 0.5) { $0.throttling *= $1 },
    Direction(deviation: 0.2) { $0.kneeSharpness = max(1, $0.kneeSharpness * $1) },
    Direction(deviation: 0.3) { $0.residentTiles *= $1 },
    Direction(deviation: 0.3) { $0.halfIntensity *= $1 },
    Direction(deviation: 0.3) { $0.roundSeconds *= $1 },
  ]

  /// How far a row lies from the best parameters: sources of published times differ by 3–7 % on the same shape, and no
  /// parameters say which kernel a library chooses.
  private static let noise = 0.1

  private let base: TiledGEMM
  /// How sure the present parameters are: a factor on every direction's deviation.
  private let trust: Double
  private let rows: [(shape: GEMMShape, logarithm: Double)]

  /// Refines `base`; parameters that many rows taught already move less far than those that none did.
  init(_ base: TiledGEMM, rows: [TimingRow], isFitted: Bool) {
    self.base = base
    trust = isFitted ? 0.4 : 1
    self.rows = rows.map { ($0.shape, log($0.seconds)) }
  }

  /// The refined model, with its spread taken from the rows where there are enough of them.
  func refined(_ solver: any DenseSolver) throws(SolverError) -> TiledGEMM {
    var x = Array(repeating: 0.0, count: Self.directions.count)
    var cost = cost(x)
    for _ in 0..<8 {
      let residuals = residuals(model(x))
      let weights = residuals.map(Self.weight)
      var columns: [[Double]] = []
      for j in x.indices {
        var shifted = x
        shifted[j] += 1e-4
        let moved = self.residuals(model(shifted))
        var column = zip(zip(moved, residuals), weights).map { ($0.0 - $0.1) / 1e-4 / Self.noise * $1.squareRoot() }
        column += x.indices.map { $0 == j ? 1 / deviation(j) : 0 }
        columns.append(column)
      }
      let right =
        zip(residuals, weights).map { -$0 / Self.noise * $1.squareRoot() }
        + x.indices.map { -x[$0] / deviation($0) }
      let step = try solver.leastSquares(Matrix(columns: columns), right)
      var length = 1.0
      var next = zip(x, step).map { $0 + $1 }
      var nextCost = self.cost(next)
      while nextCost > cost, length > 1e-3 {
        length /= 2
        next = zip(x, step).map { $0 + length * $1 }
        nextCost = self.cost(next)
      }
      guard nextCost < cost else { break }
      let gain = cost - nextCost
      (x, cost) = (next, nextCost)
      if gain < 1e-6 * cost { break }
    }
    return withSpread(model(x))
  }

  private func deviation(_ index: Int) -> Double { trust * Self.directions[index].deviation }

  /// The parameters at `x`.
  private func model(_ x: [Double]) -> TiledGEMM {
    var parameters = base.parameters
    for (direction, value) in zip(Self.directions, x) { direction.apply(&parameters, exp(value)) }
    return base.with(parameters: parameters, spread: base.spread)
  }

  private func residuals(_ model: TiledGEMM) -> [Double] {
    rows.map { log(model.time($0.shape).seconds) - $0.logarithm }
  }

  /// Huber's loss of the residuals beside the prior's.
  private func cost(_ x: [Double]) -> Double {
    let prior = x.indices.reduce(0) { $0 + (x[$1] / deviation($1)) * (x[$1] / deviation($1)) }
    return residuals(model(x)).reduce(prior) { sum, residual in
      let size = abs(residual) / Self.noise
      return sum + (size <= 2 ? size * size : 4 * size - 4)
    }
  }

  private static func weight(_ residual: Double) -> Double {
    let size = abs(residual) / noise
    return size <= 2 ? 1 : 2 / size
  }

  /// Empirical 5th and 95th percentiles for each bound with 20 rows or more, widened for their number.
  private func withSpread(_ model: TiledGEMM) -> TiledGEMM {
    var ratios: [TimePrediction.Bound: [Double]] = [:]
    for row in rows {
      let (seconds, bound) = model.time(row.shape)
      ratios[bound, default: []].append(exp(row.logarithm) / seconds)
    }
    func range(_ bound: TimePrediction.Bound) -> GEMMSpread.Range {
      guard let values = ratios[bound]?.sorted(), values.count >= 20 else { return model.spread.range(bound) }
      let margin = 1 / Double(values.count + 1)
      return .init(
        low: min(1, ErrorStatistics.quantile(values, max(0, 0.05 - margin))),
        high: max(1, ErrorStatistics.quantile(values, min(1, 0.95 + margin))))
    }
    return model.with(
      parameters: model.parameters,
      spread: GEMMSpread(latency: range(.latency), memory: range(.memory), compute: range(.compute)))
  }
}
