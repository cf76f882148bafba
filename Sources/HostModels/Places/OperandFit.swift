internal import Foundation
public import GEMMTiming

/// What products take whose operands lie elsewhere or otherwise than those of a full fit, by what the latter says of them.
///
///     t(m, k, n) = base(m, k, n) · correction(m, k, n)
///
/// The base is the fit of the same products called again and again, A·B. The correction is told from far fewer rows than a
/// fit of its own would take, as most of a product's time is the same: a sum of non-negative costs beside the base (the
/// operands' elements, rows and pages, in all and beyond each cache) and a Gaussian process on what that leaves. Outside of
/// what was measured, the correction of the nearest shape inside holds.
public struct OperandFit: Hashable, Sendable {
  /// What was measured.
  public let group: MeasuredGroup
  /// The k-fold held-out test of the correction and its base together.
  public let crossValidation: CrossValidation

  let rows: [FitRow]
  let correction: OperandCorrection
  let intervals: IntervalModel
  let range: MeasuredRange
  /// Where each measured shape stands in `rows`.
  let rowIndex: [GEMMShape: Int]

  /// Different shapes that a correction is told from at least.
  static let minimumShapes = 24

  /// How many different shapes it rests on.
  public var shapeCount: Int { rows.count }

  init?(
    group: MeasuredGroup, crossValidation: CrossValidation, rows: [FitRow], correction: OperandCorrection,
    intervals: IntervalModel
  ) {
    guard let range = MeasuredRange(rows) else { return nil }
    self.group = group
    self.crossValidation = crossValidation
    self.rows = rows
    self.correction = correction
    self.intervals = intervals
    self.range = range
    rowIndex = Dictionary(rows.enumerated().map { ($1.shape, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The time of one product, by what the base says of a shape; `floor` is what no product is faster than.
  func predict(
    _ shape: GEMMShape, floor: Double, base: (_ m: Double, _ k: Double, _ n: Double) -> Double
  ) -> (seconds: Double, factors: (low: Double, high: Double), source: TimePrediction.Source) {
    let (m, k, n) = (Double(shape.m), Double(shape.k), Double(shape.n))
    let nearest = range.nearest(m: m, k: k, n: n)
    let inside = base(nearest.m, nearest.k, nearest.n)
    var seconds = base(m, k, n) * correction.seconds(nearest.m, nearest.k, nearest.n, base: inside) / inside
    var factors = intervals.factors(m: m, k: k, n: n, range: range)
    let isOutside = range.octavesOutside(m: m, k: k, n: n) > 0
    var source: TimePrediction.Source = isOutside ? .extrapolated : .interpolated
    if let single = try? GEMMShape(m: shape.m, k: shape.k, n: shape.n), let index = rowIndex[single] {
      source = .measured
      (seconds, factors) = rows[index].pooled(model: seconds, factors: factors)
    }
    return (max(seconds, floor), factors, source)
  }
}
