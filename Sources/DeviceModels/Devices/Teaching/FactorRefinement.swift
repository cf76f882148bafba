internal import Foundation
internal import LinearSolvers
internal import ModelStatistics

/// Parameters that are known, moved towards rows by as much as the rows can tell.
///
/// Few rows move them little. From 20 rows on, whether they stay, move little or far is what predicts rows best that
/// were left out in turn, and how far those lie counts towards the interval.
struct FactorRefinement<Parameters, Row> {
  let known: Parameters
  /// How far each may move where many rows say so.
  let directions: [FactorFit<Parameters, Row>.Direction]
  /// The share of that which few rows may move them.
  let caution: Double
  let predicted: (Parameters, Row) -> Double
  let measured: (Row) -> Double

  /// What rows made of the parameters.
  struct Lesson {
    let parameters: Parameters
    let spread: GEMMSpread.Range
    /// Mean error of the rows before.
    let before: Double
    /// Mean error of rows that were left out in turn; nil where they are too few.
    let after: Double?
  }

  /// How many rows the spread that was known before counts as.
  private static var rowsOfKnownSpread: Double { 30 }
  /// What moves more is preferred only where it misses by less than this share of what moves less.
  private static var advantage: Double { 0.98 }
  /// More rows than this are not learned from: a sample of them tells as much.
  private static var mostRows: Int { 600 }

  /// Moves the parameters.
  ///
  /// O(iterations × directions × rows) predictions, some ten times.
  func refined(
    by all: [(row: Row, part: Int)], spread: GEMMSpread.Range, solver: any DenseSolver
  ) throws(SolverError) -> Lesson {
    let before = error(all.map { (measured($0.row), predicted(known, $0.row)) })
    let fewest = FactorFit<Parameters, Row>.fewestRows
    guard all.count >= fewest else {
      return Lesson(
        parameters: try search(caution).fitted(to: all.map(\.row), solver: solver), spread: spread, before: before,
        after: nil)
    }
    let sample =
      all.count > Self.mostRows
      ? stride(from: 0, to: all.count, by: all.count / Self.mostRows + 1).map { all[$0] } : all
    let rows = sample.map(\.row)
    let parts = sample.map { $0.part % FactorFit<Parameters, Row>.folds }
    var best = (search: nil as FactorFit<Parameters, Row>?, pairs: rows.map { (measured($0), predicted(known, $0)) })
    for trust in [caution, 1] {
      let search = search(trust)
      let pairs = try search.leftOut(rows, parts: parts, solver: solver)
      if capped(pairs) < Self.advantage * capped(best.pairs) { best = (search, pairs) }
    }
    let tails = FactorFit<Parameters, Row>.spread(best.pairs.map { $0.0 / $0.1 })
    let share = Double(rows.count) / (Double(rows.count) + Self.rowsOfKnownSpread)
    func between(_ new: Double, _ old: Double) -> Double {
      FixedDigits.rounded(exp(share * log(new) + (1 - share) * log(old)))
    }
    return Lesson(
      parameters: try best.search?.fitted(to: rows, solver: solver) ?? known,
      spread: .init(low: between(tails.low, spread.low), high: between(tails.high, spread.high)), before: before,
      after: error(best.pairs))
  }

  private func search(_ trust: Double) -> FactorFit<Parameters, Row> {
    FactorFit(
      first: known, directions: directions.map { .init(trust * $0.deviation, $0.apply) }, predicted: predicted,
      measured: measured)
  }

  private func error(_ pairs: [(Double, Double)]) -> Double {
    pairs.reduce(0) { $0 + abs($1.1 / $1.0 - 1) } / Double(max(1, pairs.count))
  }

  /// A miss counts up to a third, so that a row that nothing explains does not decide.
  private func capped(_ pairs: [(measured: Double, predicted: Double)]) -> Double {
    pairs.reduce(0) { $0 + min(abs(log($1.predicted / $1.measured)), 0.3) }
  }
}
