import Foundation
import GEMMTiming
import Testing

@testable import RooflineModels

/// What few and odd rows may do to the intervals.
@Suite struct IntervalModelTests {
  private static func row(_ m: Int, _ k: Int, _ n: Int) throws -> FitRow {
    FitRow(shape: try GEMMShape(m: m, k: k, n: n), seconds: 1, noise: nil, shortest: 1)
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
    let model = IntervalModel(rows: rows, heldOut: residuals, growth: .none)
    let range = try #require(MeasuredRange(rows))
    let long = model.factors(m: 1035, k: 1000, n: 1000, range: range)
    #expect(long.high > 1.015 && long.high < 1.15, "\(long)")
    #expect(long.low < 0.985 && long.low > 0.85, "\(long)")
  }
}
