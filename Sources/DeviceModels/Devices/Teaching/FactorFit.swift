internal import Foundation
internal import LinearSolvers
internal import ModelStatistics
internal import SeededRandom

/// Parameters moved by factors to where they predict measured rows best.
///
/// Each parameter is its start times e^x, x by ``RobustLeastSquares``: a start is what is known of kernels of that sort,
/// held to loosely; of several, the one that ends nearest to the rows counts. How far rows lie that were left out of the
/// fit, a fifth at a time, gives the spread.
struct FactorFit<Parameters, Row> {
  /// A parameter, or some that move together, and the standard deviation of their factor's logarithm.
  struct Direction {
    let deviation: Double
    let apply: (inout Parameters, Double) -> Void

    init(_ deviation: Double = 1.5, _ apply: @escaping (inout Parameters, Double) -> Void) {
      self.deviation = deviation
      self.apply = apply
    }
  }

  /// What rows taught.
  struct Lesson {
    let parameters: Parameters
    /// Where 90 % of rows lie around predictions by fits that have not seen them.
    let spread: GEMMSpread.Range
    /// How such predictions compare with the rows.
    let heldOut: ErrorStatistics?
  }

  /// Where to begin.
  let first: Parameters
  /// Other places.
  var others: [Parameters] = []
  let directions: [Direction]
  /// Seconds of a row by some parameters.
  let predicted: (Parameters, Row) -> Double
  /// Seconds that a row was measured.
  let measured: (Row) -> Double

  /// How far a row lies from the best parameters.
  static var noise: Double { 0.05 }
  /// The parts that take turns to be left out.
  static var folds: Int { 5 }

  /// Fewer rows than this teach nothing: they are not enough to leave some out.
  static var fewestRows: Int { 20 }

  /// Fits the rows and tells how well fits to four fifths of them predict the rest.
  ///
  /// O(iterations × directions × rows) predictions, six times.
  func taught(by rows: [Row], solver: any DenseSolver) throws(SolverError) -> Lesson {
    var generator = SplitMix64(seed: 1)
    var parts = Array(repeating: 0, count: rows.count)
    for (place, index) in rows.indices.shuffled(using: &generator).enumerated() { parts[index] = place % Self.folds }
    let pairs = try leftOut(rows, parts: parts, solver: solver)
    let spread = Self.spread(pairs.map { $0.measured / $0.predicted })
    return Lesson(
      parameters: try fitted(to: rows, solver: solver), spread: spread,
      heldOut: ErrorStatistics(
        pairs.map { ($0.measured, $0.predicted, $0.predicted * spread.low, $0.predicted * spread.high) }))
  }

  /// Each row's time beside what a fit predicts that has seen none of its part, in the order of the rows.
  func leftOut(
    _ rows: [Row], parts: [Int], solver: any DenseSolver
  ) throws(SolverError) -> [(measured: Double, predicted: Double)] {
    var times = rows.map { (measured: measured($0), predicted: 0.0) }
    for part in Set(parts).sorted() {
      let parameters = try fitted(to: rows.indices.filter { parts[$0] != part }.map { rows[$0] }, solver: solver)
      for index in rows.indices where parts[index] == part {
        times[index].predicted = predicted(parameters, rows[index])
      }
    }
    return times
  }

  /// The parameters that predict rows best.
  func fitted(to rows: [Row], solver: any DenseSolver) throws(SolverError) -> Parameters {
    let search = RobustLeastSquares(
      deviations: directions.map(\.deviation), noise: Self.noise, iterations: 40)
    let logarithms = rows.map { log(measured($0)) }
    var best: (parameters: Parameters, cost: Double)?
    for start in [first] + others {
      func moved(_ x: [Double]) -> Parameters {
        var parameters = start
        for (direction, value) in zip(directions, x) { direction.apply(&parameters, exp(value)) }
        return parameters
      }
      let (x, cost) = try search.minimum(solver: solver) { x in
        let parameters = moved(x)
        return zip(rows, logarithms).map { log(predicted(parameters, $0)) - $1 }
      }
      if best.map({ cost < $0.cost }) ?? true { best = (moved(x), cost) }
    }
    return best?.parameters ?? first
  }

  /// Where 90 % of measured over predicted times lie.
  static func spread(_ ratios: [Double]) -> GEMMSpread.Range {
    let tails = ErrorStatistics.tails(ratios.sorted())
    return .init(low: FixedDigits.rounded(min(1, tails.low)), high: FixedDigits.rounded(max(1, tails.high)))
  }
}
