internal import Foundation
internal import GEMMTiming
internal import LinearSolvers
internal import SeededRandom

extension OperandFit {
  /// Fits the rows of one group beside a full fit of the same products.
  ///
  /// Rows that the base knows too are held against what it said without having seen them, so that its own errors count in
  /// the intervals. nil of fewer than ``minimumShapes`` shapes. O(rows³).
  ///
  /// - Throws: ``FitError``.
  init?(
    fitting members: [TimingRow], group: MeasuredGroup, base: FittedModel, options: FitOptions,
    solver: any DenseSolver
  ) throws(FitError) {
    let rows: [FitRow]
    do throws(ShapeError) { rows = try FitRow.pooled(members) } catch {
      throw .unsolvable(group: "\(group)", reason: error.description)
    }
    guard rows.count >= Self.minimumShapes else { return nil }
    let bases = base.unseen(rows)
    let geometry = base.structure.large.geometry
    let elementSize = base.structure.elementSize
    let folds = options.folds(rows: rows.count)
    let correction: OperandCorrection
    let predictions: [Double]
    do throws(SolverError) {
      correction = try OperandCorrection(
        rows, bases: bases, geometry: geometry, elementSize: elementSize, solver: solver)
      predictions = try Self.heldOut(
        rows, bases: bases, like: correction, folds: folds, seed: options.seed, solver: solver)
    } catch {
      throw .unsolvable(group: "\(group)", reason: error.description)
    }
    let (intervals, points) = IntervalModel.calibrated(rows, predictions: predictions, growth: .none)
    self.init(
      group: group, crossValidation: CrossValidation(folds: folds, points: points), rows: rows,
      correction: correction, intervals: intervals)
  }

  /// Seconds of each row, predicted without its fold.
  private static func heldOut(
    _ rows: [FitRow], bases: [Double], like correction: OperandCorrection, folds: Int, seed: UInt64,
    solver: any DenseSolver
  ) throws(SolverError) -> [Double] {
    var generator = SplitMix64(seed: seed)
    let order = Array(rows.indices).shuffled(using: &generator)
    var predictions = Array(repeating: 0.0, count: rows.count)
    for fold in 0..<folds {
      let held = stride(from: fold, to: order.count, by: folds).map { order[$0] }
      let isHeld = Set(held)
      let kept = rows.indices.filter { !isHeld.contains($0) }
      let part = try OperandCorrection(
        kept.map { rows[$0] }, bases: kept.map { bases[$0] }, geometry: correction.process.geometry,
        elementSize: correction.process.elementSize, parameters: correction.process.parameters, solver: solver)
      for index in held {
        predictions[index] = part.seconds(rows[index].m, rows[index].k, rows[index].n, base: bases[index])
      }
    }
    return predictions
  }
}

extension FittedModel {
  /// What the fit says of rows without having seen them: the held-out prediction of a shape that it was fitted to.
  func unseen(_ rows: [FitRow]) -> [Double] {
    rows.map { row in
      if let index = rowIndex[row.shape] { return crossValidation.points[index].predicted }
      return rising(m: row.m, k: row.k, n: row.n)
    }
  }
}
