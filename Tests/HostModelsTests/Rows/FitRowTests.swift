import Foundation
import GEMMTiming
import Testing

@testable import HostModels

@Suite struct FitRowTests {
  /// A row of 100 µs, known to 1 %, beside a canary.
  private func row(
    m: Int, canary: String? = nil, usual: String? = nil, excess: String? = nil
  ) throws -> TimingRow {
    var row = TimingRow(
      device: "planted", dtype: .fp32, shape: try GEMMShape(m: m, k: 10, n: 10), seconds: 1e-4,
      low: 1e-4 * (1 - 0.0196), high: 1e-4 * (1 + 0.0196), minimum: 9e-5, samples: 10, threads: 2, cache: .hot)
    row.other["canary"] = canary
    row.other["canary_us"] = usual
    row.other["excess"] = excess
    return row
  }

  @Test func aSlowCanaryWidensTheErrorAndLeavesTheTime() throws {
    let rows = try FitRow.pooled([
      row(m: 1), row(m: 2, canary: "1.04"), row(m: 3, canary: "1.5"), row(m: 4, canary: "0.6"), row(m: 5, canary: "x"),
    ])
    let noise = try rows.map { try #require($0.noise) }
    #expect(rows.allSatisfy { abs($0.seconds / 1e-4 - 1) < 1e-12 })
    #expect(abs(noise[0] - 0.01) < 1e-6 && abs(noise[1] - 0.01) < 1e-6 && abs(noise[4] - 0.01) < 1e-6)
    #expect(abs(noise[2] - hypot(0.01, log(1.5) - 0.05)) < 1e-6)
    #expect(abs(noise[3] - hypot(0.01, -log(0.6) - 0.05)) < 1e-6)
  }

  @Test func rowsOfARunInAnotherStateAreTheUnsureOnes() throws {
    let rows = try FitRow.pooled([
      row(m: 1, canary: "1", usual: "20"), row(m: 2, canary: "1", usual: "20"), row(m: 3, canary: "1", usual: "44"),
    ])
    let noise = try rows.map { try #require($0.noise) }
    #expect(abs(noise[0] - 0.01) < 1e-6 && abs(noise[1] - 0.01) < 1e-6)
    #expect(abs(noise[2] - hypot(0.01, log(2.2) - 0.05)) < 1e-6)
  }

  @Test func ofACorrectedTimeAShareOfTheCorrectionIsItsError() throws {
    let rows = try FitRow.pooled([
      row(m: 1, canary: "1", excess: "1.0000"), row(m: 2, canary: "1", usual: "20", excess: "1.25"),
      row(m: 3, canary: "1.4", usual: "20", excess: "1.25"), row(m: 4, canary: "1.4", usual: "20", excess: "x"),
    ])
    let noise = try rows.map { try #require($0.noise) }
    #expect(abs(noise[0] - 0.01) < 1e-6 && abs(noise[3] - hypot(0.01, log(1.4) - 0.05)) < 1e-6)
    #expect(abs(noise[1] - hypot(0.01, 0.3 * log(1.25))) < 1e-6 && noise[2] == noise[1])
  }

  /// One sample's interval has no width, and two may lie together by luck.
  @Test func fewSamplesAreAsUnsureAsRowsOfFewUsuallyAre() throws {
    func row(m: Int, samples: Int, range: Double) throws -> TimingRow {
      var row = try self.row(m: m)
      (row.samples, row.low, row.high) = (samples, 1e-4 * (1 - range / 2), 1e-4 * (1 + range / 2))
      return row
    }
    var rows = try [
      row(m: 1, samples: 1, range: 0), row(m: 2, samples: 2, range: 0), row(m: 3, samples: 10, range: 0.04),
    ]
    let alone = try FitRow.pooled(rows).map { try #require($0.noise) }
    #expect(alone[0] == 0 && alone[1] == 0)
    // Ten rows of three samples whose range is that of a deviation of 5 %.
    rows += try (10..<20).map { try row(m: $0, samples: 3, range: 0.05 * 1.693) }
    let noise = try FitRow.pooled(rows).map { try #require($0.noise) }
    #expect(abs(noise[0] - 0.05) < 1e-4)
    #expect(abs(noise[1] - 0.05 * (2.0 / 3 / 2).squareRoot()) < 1e-4)
    #expect(abs(noise[2] - 0.04 / 3.919928) < 1e-6)
    #expect(abs(noise[5] - 0.05 / 3.0.squareRoot()) < 1e-4)
  }
}
