import Foundation
import GEMMTiming
import Testing

@testable import HostCalibration

@Suite struct TablePoolingTests {
  private func row(_ seconds: Double, half: Double, samples: Int) throws -> TimingRow {
    TimingRow(
      device: "x", dtype: .fp32, shape: try GEMMShape(m: 1, k: 2, n: 3), seconds: seconds,
      low: seconds * exp(-half), high: seconds * exp(half), minimum: seconds * 0.9, samples: samples, threads: 1,
      cache: .hot)
  }

  @Test func oneRowIsItself() throws {
    let only = try row(1e-3, half: 0.01, samples: 7)
    #expect(TablePooling.pool(only, []) == only)
  }

  @Test func equalRowsNarrowTheInterval() throws {
    let pooled = TablePooling.pool(try row(1e-3, half: 0.02, samples: 10), [try row(1e-3, half: 0.02, samples: 10)])
    #expect(abs(pooled.seconds / 1e-3 - 1) < 1e-12)
    #expect(pooled.samples == 20)
    let half = log(try #require(pooled.high) / pooled.seconds)
    #expect(abs(half - 0.02 / 2.0.squareRoot()) < 1e-12)
  }

  @Test func rowsThatDisagreeWidenIt() throws {
    let pooled = TablePooling.pool(try row(1e-3, half: 0.001, samples: 10), [try row(1.2e-3, half: 0.001, samples: 30)])
    // A quarter and three quarters of the way on a logarithmic scale.
    #expect(abs(log(pooled.seconds / 1e-3) - 0.75 * log(1.2)) < 1e-12)
    #expect(log(try #require(pooled.high) / pooled.seconds) > 0.1)
    #expect(abs(try #require(pooled.minimum) / 0.9e-3 - 1) < 1e-12)
  }

  @Test func tablesAreMergedByWhatWasMeasured() throws {
    var same = try row(2e-3, half: 0.01, samples: 10)
    same.other = ["kernel": "Zen", "note": "a"]
    var otherKernel = same
    otherKernel.other["kernel"] = "Haswell"
    var gpu = try row(1e-6, half: 0.01, samples: 3)
    gpu.device = "gpu"
    gpu.other = ["driver": "5"]
    let first = TimingTable(rows: [try row(1e-3, half: 0.01, samples: 10), otherKernel], otherColumns: ["kernel"])
    var zen = first
    zen.rows[0].other = ["kernel": "Zen"]
    let second = TimingTable(rows: [same, gpu], otherColumns: ["kernel", "note"])
    let (table, pooled) = TablePooling.merge([zen, second, second])
    #expect(table.rows.count == 3)
    #expect(pooled == 3)
    #expect(table.otherColumns == ["kernel", "note"])
    #expect(abs(table.rows[0].seconds - 2.0.squareRoot() * 1e-3) < 1e-9)
    #expect(table.rows[0].samples == 20)
    #expect(table.rows[0].other["note"] == "a")
    #expect(table.rows[1].seconds == 2e-3)
    #expect(table.rows[2].device == "gpu")
  }
}
