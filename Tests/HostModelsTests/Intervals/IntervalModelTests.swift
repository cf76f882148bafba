import Foundation
import GEMMTiming
import Testing

@testable import HostModels

/// What few and odd rows may do to the intervals, and how wide those are where no rows lie.
@Suite struct IntervalModelTests {
  private static func row(_ m: Int, _ k: Int, _ n: Int) throws -> FitRow {
    FitRow(shape: try GEMMShape(m: m, k: k, n: n), seconds: 1, noise: nil, shortest: 1)
  }

  private static func calibrated(
    _ rows: [FitRow], _ residuals: [Double], growth: ExtrapolationGrowth = .none
  ) -> IntervalModel {
    IntervalModel.calibrated(rows, predictions: zip(rows, residuals).map { $0.seconds / exp($1) }, growth: growth)
      .intervals
  }

  /// 40 long products, two of them odd, beside 300 shorter ones.
  @Test func oddMeasurementsAmongFewLongOnesDoNotWidenThemAll() throws {
    var rows: [FitRow] = []
    var residuals: [Double] = []
    for index in 0..<300 {
      rows.append(try Self.row(100 + index, 200, 400))
      residuals.append(index % 2 == 0 ? 0.02 : -0.02)
    }
    for index in 0..<40 {
      rows.append(try Self.row(1000 + index, 1000, 1000))
      residuals.append(index < 2 ? 0.6 : index % 2 == 0 ? 0.02 : -0.02)
    }
    let model = Self.calibrated(rows, residuals)
    let range = try #require(MeasuredRange(rows))
    let long = model.factors(m: 1035, k: 1000, n: 1000, range: range)
    #expect(long.high > 1.015 && long.high < 1.15, "\(long)")
    #expect(long.low < 0.985 && long.low > 0.85, "\(long)")
  }

  /// Sixty long products without a tail have intervals of their own; beyond them the shorter ones' tail tells.
  @Test func theLargestRowsHaveQuantilesOfTheirOwnInsideTheRangeOnly() throws {
    var rows: [FitRow] = []
    var residuals: [Double] = []
    for index in 0..<300 {
      rows.append(try Self.row(100 + index, 200, 400))
      residuals.append((index % 6 < 2 ? 0.2 : 0.02) * (index % 2 == 0 ? 1 : -1))
    }
    for index in 0..<60 {
      rows.append(try Self.row(1000 + index, 1000, 1000))
      residuals.append(index % 2 == 0 ? 0.02 : -0.02)
    }
    let model = Self.calibrated(rows, residuals)
    let range = try #require(MeasuredRange(rows))
    let (medium, large) = (
      IntervalModel.shapeClass(m: 100, k: 200, n: 400), IntervalModel.shapeClass(m: 1000, k: 1000, n: 1000)
    )
    #expect(model.highQuantiles[medium] > 1.5 * model.highQuantiles[large])
    func quantile(_ m: Double) -> Double {
      log(model.factors(m: m, k: 1000, n: 1000, range: range).high) / model.scale(m: m, k: 1000, n: 1000)
    }
    #expect(abs(quantile(1030) - model.highQuantiles[large]) < 1e-9)
    for outside in [1060.0, 2e6] { #expect(abs(quantile(outside) - model.highQuantiles[medium]) < 1e-9) }
  }

  @Test func mostOfTheRowsOwnVarianceIsTakenOffItsResidual() throws {
    let shape = try GEMMShape(m: 1, k: 1, n: 1)
    let rows = [nil, 0.1, 10].map { FitRow(shape: shape, seconds: 1, noise: $0, shortest: 1) }
    let magnitudes = IntervalModel.magnitudes(rows, [-0.2, -0.2, -0.2])
    for (magnitude, expected) in zip(magnitudes, [0.2, 0.031.squareRoot(), 0.004.squareRoot()]) {
      #expect(abs(magnitude - expected) < 1e-12)
    }
  }

  /// A row without noise of its own, and one that is as unsure as the model: √1.9 times as far, of 1.645 deviations.
  @Test func aHeldOutRowsIntervalTakesInItsOwnNoise() throws {
    let rows = try (0..<200).map { try Self.row(100 + $0, 200, 400) }
    let residuals = (0..<200).map { $0 % 2 == 0 ? 0.02 : -0.02 }
    let predictions = residuals.map { exp(-$0) }
    let model = Self.calibrated(rows, residuals)
    let sure = IntervalModel.calibrated(rows, predictions: predictions, growth: .none).points[10]
    let distance = log(sure.high / sure.predicted)
    #expect(abs(IntervalModel.widened(distance, by: distance / 1.645) / distance - 1.9.squareRoot()) < 1e-9)
    var noisy = rows
    // So little of its own that the residual stays its own.
    noisy[10].noise = 1e-3
    let unsure = IntervalModel.calibrated(noisy, predictions: predictions, growth: .none).points[10]
    #expect(unsure.high > sure.high && unsure.low < sure.low)
    #expect(abs(sure.high / sure.predicted - exp(model.scale(m: 110, k: 200, n: 400) * model.highQuantiles[1])) < 1e-3)
  }

  /// Rows that err by 1 % where they end, by 3 % elsewhere.
  @Test func beyondTheRangeTheErrorIsThatOfAllRows() throws {
    var rows: [FitRow] = []
    var residuals: [Double] = []
    for index in 0..<600 {
      let isLong = index % 2 == 0
      rows.append(try Self.row(isLong ? 1749 + index / 2 : 17 + index / 2, 200, index % 4 < 2 ? 20 : 400))
      residuals.append((isLong ? 0.01 : 0.03) * (index % 8 < 4 ? 1 : -1))
    }
    let model = Self.calibrated(rows, residuals, growth: ExtrapolationGrowth(rate: 2))
    let range = try #require(MeasuredRange(rows))
    func width(_ m: Double, _ n: Double) -> Double {
      let factors = model.factors(m: m, k: 200, n: n, range: range)
      return log(factors.high / factors.low) / 2
    }
    // Broad shapes: from the error of the rows that are near to the mean of all, and no further.
    let inside = width(2000, 400)
    let far = width(2e6, 400)
    #expect(abs(model.overall - 0.02) < 1e-9)
    #expect(far > 1.8 * inside && far < 2.2 * inside, "\(inside) \(far)")
    #expect(abs(width(2e7, 400) / far - 1) < 1e-3)
    // With a small extent: times 1 + 2·log₂(1 + octaves).
    let edge = width(2048, 20)
    #expect(abs(width(2048 * 8, 20) / edge - 5) < 1e-9)
    #expect(abs(width(2048 * 128, 20) / edge - 7) < 1e-9)
  }
}
