internal import Foundation
internal import ModelStatistics

/// How wide the 90 % interval is at a shape.
///
/// The scale of the error at a shape is the mean |held-out log residual| of the rows around it. So it takes in the
/// noise of the measurement and what the model gets wrong there. The interval's ends are that scale times quantiles
/// of the held-out residuals over their own scales, class by class of shapes. That makes it cover what it says.
///
/// This is locally weighted conformal prediction (Lei et al., *Distribution-free predictive inference for regression*,
/// JASA 113, 2018, §5.2). Outside the measured range fewer and fewer rows lie around, so the scale tends to the mean of
/// all. Where an extent is small it also grows with the octaves to the nearest measured extent, at a rate found by
/// holding out the largest.
struct IntervalModel: Hashable, Sendable {
  /// The |held-out log residuals| of the rows, pooled by places.
  private var errors: PackedPoints
  /// The mean |held-out log residual| of all rows.
  var overall: Double
  /// The 5 % and 95 % quantiles of log(measured / predicted) over the scale, for each class of shapes.
  var lowQuantiles: [Double]
  var highQuantiles: [Double]
  /// How the interval widens outside the measured range.
  var growth: ExtrapolationGrowth

  /// The logarithm of the largest factor that an end is away by: past an order of magnitude a time is unknown anyhow.
  static let widest = log(10.0)

  /// How many rows the overall scale counts for.
  static let prior = 2.0

  /// The scale at a shape.
  ///
  /// A row d octaves away counts (1 + d²/16)⁻⁸, which is e^(−d²/2) near by. O(places).
  func scale(m: Double, k: Double, n: Double) -> Double { scale(at: [log2(m), log2(k), log2(n)]) }

  /// The scale at a place, where `own` tells what of the sums is not to count.
  private func scale(at place: [Double], without own: (weighted: Double, weights: Double) = (0, 0)) -> Double {
    let sums = errors.sums(at: place, weight: Self.weight)
    let (weighted, weights) = (max(sums.weighted - own.weighted, 0), max(sums.weights - own.weights, 0))
    return (Self.prior * overall + weighted) / (Self.prior + weights)
  }

  @inline(__always)
  private static func weight(_ squared: PackedPoints.Lanes) -> PackedPoints.Lanes {
    let root = 1 + squared * 0.0625
    let square = 1 / (root * root)
    let fourth = square * square
    return fourth * fourth
  }

  /// Calibrates intervals on what was said of rows unseen, and says of each row what its own was.
  ///
  /// - Parameters:
  ///   - rows: the rows.
  ///   - predictions: seconds that were said of each without having seen it.
  ///   - growth: how intervals widen outside the measured range.
  /// - Returns: the intervals, and each row beside its prediction with the interval that the other rows give it.
  static func calibrated(
    _ rows: [FitRow], predictions: [Double], growth: ExtrapolationGrowth
  ) -> (intervals: IntervalModel, points: [HeldOutPoint]) {
    let residuals = zip(rows, predictions).map { log($0.seconds / $1) }
    let magnitudes = Self.magnitudes(rows, residuals)
    let places = RowPlaces(rows)
    let mean = magnitudes.reduce(0, +) / Double(max(rows.count, 1))
    var model = IntervalModel(
      places, magnitudes: magnitudes, overall: max(mean, 1e-4), lowQuantiles: Array(repeating: 0, count: classCount),
      highQuantiles: Array(repeating: 0, count: classCount), growth: growth)
    let scales = rows.indices.map { index in
      let weight = Double(weight(.init(repeating: Float(places.squaredDistance(index))))[0])
      return model.scale(at: places.exponents(index), without: (weight * magnitudes[index], weight))
    }
    let ratios = rows.indices.map { (residuals[$0] < 0 ? -1 : 1) * magnitudes[$0] / scales[$0] }
    let classes = rows.map { shapeClass(m: $0.m, k: $0.k, n: $0.n) }
    model.learn(ratios, classes: classes)
    let points = rows.indices.map { index in
      let (row, scale, own) = (rows[index], scales[index], classes[index])
      func distance(_ quantile: Double) -> Double { widened(scale * quantile, by: row.noise ?? 0) }
      return HeldOutPoint(
        shape: row.shape, measured: row.seconds, predicted: predictions[index],
        low: predictions[index] * exp(-distance(model.lowQuantiles[own])),
        high: predictions[index] * exp(distance(model.highQuantiles[own])), noise: row.noise)
    }
    return (model, points)
  }

  /// Learns the quantiles of each class of shapes from the rows' residuals over their scales.
  private mutating func learn(_ ratios: [Double], classes: [Int]) {
    let all = ratios.sorted()
    func sorted(_ members: ClosedRange<Int>) -> [Double] {
      ratios.indices.filter { members.contains(classes[$0]) }.map { ratios[$0] }.sorted()
    }
    for index in 0..<Self.classCount {
      let least = index - index % Self.classesByWork
      // Of a few rows the largest error decides, and one odd measurement with it: they are joined by those of less work.
      let joined = (least...index).reversed().lazy.map { sorted($0...index) }
      let sorted = joined.first { $0.count >= Self.rowsForAClass } ?? all
      // The finite-sample quantiles of conformal prediction: a rank further out than the plain ones.
      let rank = 1 / Double(sorted.count + 1)
      lowQuantiles[index] = min(ErrorStatistics.quantile(sorted, max(0, 0.05 - rank)), 0)
      highQuantiles[index] = max(ErrorStatistics.quantile(sorted, min(1, 0.95 + rank)), 0)
    }
  }

  /// Classes of shapes whose errors have tails of their own: up to 16 rows or more, by fewer than 10⁷, fewer than 10⁹,
  /// or more flops.
  static func shapeClass(m: Double, k: Double, n: Double) -> Int {
    let flops = 2 * m * k * n
    return (m <= 16 ? 0 : classesByWork) + (flops < 1e7 ? 0 : flops < 1e9 ? 1 : 2)
  }

  /// How many classes there are.
  static let classCount = 2 * classesByWork

  /// How many there are for few and for many rows of A each.
  private static let classesByWork = 3

  /// A class with fewer rows takes its quantiles together with the classes of less work; where that is too few, of all.
  static let rowsForAClass = 50

  /// The part of a row's own variance that an interval leaves out: it is one for a time that was measured ten times as long
  /// as a row.
  private static let ownPart = 0.9

  /// The |held-out log residuals| that times would have which were measured ten times as long as the rows.
  ///
  /// Nine tenths of the variance that a row's own interval tells are taken off: a calibration spreads its minute over
  /// thousands of shapes, and what an interval is asked about is measured far longer, and more than once.
  static func magnitudes(_ rows: [FitRow], _ heldOut: [Double]) -> [Double] {
    zip(rows, heldOut).map { row, residual in
      let noise = row.noise ?? 0
      return (residual * residual - ownPart * min(residual * residual, noise * noise)).squareRoot()
    }
  }

  /// A model with known parameters, as read from a file.
  init(
    _ places: RowPlaces, magnitudes: [Double], overall: Double, lowQuantiles: [Double], highQuantiles: [Double],
    growth: ExtrapolationGrowth
  ) {
    errors = places.packed(magnitudes)
    self.overall = overall
    self.lowQuantiles = lowQuantiles
    self.highQuantiles = highQuantiles
    self.growth = growth
  }

  /// The factors from the predicted time to the ends of its 90 % interval.
  ///
  /// Outside the range a shape with a small extent has those of the nearest shape inside, raised to how the scale grows.
  func factors(m: Double, k: Double, n: Double, range: MeasuredRange) -> (low: Double, high: Double) {
    var (place, factor) = ((m: m, k: k, n: n), 1.0)
    let nearest = range.nearest(m: m, k: k, n: n)
    if ExtrapolationGrowth.isNarrow(m, k, n) {
      place = nearest
      factor = growth.factor(outside: range.octavesOutside(m: m, k: k, n: n))
    }
    let scale = factor * scale(m: place.m, k: place.k, n: place.n)
    var index = Self.shapeClass(m: place.m, k: place.k, n: place.n)
    // What lies beyond errs more than the few largest rows do: the many of less work tell how far.
    if nearest != place, index % Self.classesByWork == Self.classesByWork - 1 { index -= 1 }
    return (
      exp(max(scale * lowQuantiles[index], -Self.widest)), exp(min(scale * highQuantiles[index], Self.widest))
    )
  }

  /// How far, in the logarithm, an end of the interval lies for a measured time of the relative standard error `noise`.
  ///
  /// 90 % of normal errors lie within 1.645 deviations; independent ones add by their squares.
  static func widened(_ distance: Double, by noise: Double) -> Double {
    let own = 1.645 * noise
    return (distance * distance + ownPart * own * own).squareRoot()
  }
}
