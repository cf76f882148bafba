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

  /// A row is as disturbed as the rows that it is made of, by their samples, not as the last of them.
  @Test func theStateOfTheHostIsPooledToo() throws {
    var (calm, restless) = (try row(1e-3, half: 0.01, samples: 10), try row(1e-3, half: 0.01, samples: 30))
    calm.other = [
      "excess": "1.0000", "canary": "1.0000", "canary_us": "400.000", "steal_us": "0", "switches": "2", "run": "a",
    ]
    restless.other = [
      "excess": "1.2000", "canary": "1.1000", "canary_us": "400.000", "steal_us": "1500", "switches": "7", "run": "b",
    ]
    let pooled = TablePooling.pool(restless, [calm])
    let state = HostState(pooled)
    #expect(abs((state.correction(of: pooled.seconds) ?? 0) - pow(1.2, 0.75)) < 1e-6)
    #expect(abs((state.slowdown ?? 0) - pow(1.1, 0.75)) < 1e-4)
    #expect(abs((state.canarySeconds ?? 0) - 4e-4) < 1e-12)
    #expect(pooled.other["steal_us"] == "1500" && pooled.other["switches"] == "9" && pooled.other["run"] == "a")
    // What a table of another tool lacks or spells otherwise is unknown.
    restless.other = ["excess": "much"]
    #expect(HostState(TablePooling.pool(calm, [restless])) == HostState(TablePooling.pool(restless, [calm])))
    #expect(HostState(TablePooling.pool(calm, [restless])).canaryRatio == 1)
  }

  @Test func tablesOfEarlierVersionsAreMergedIntoTheColumnsOfToday() throws {
    var (old, new) = (try row(1e-3, half: 0.01, samples: 10), try row(1e-3, half: 0.01, samples: 10))
    old.other = ["excess": "1.5000", "canary": "1.1000", "run": "a"]
    new.threads = 2
    new.other = ["raw_us": "1100.000000", "core_slowdown": "1.2000", "run": "b"]
    let (table, pooled) = try TablePooling.merge([
      TimingTable(rows: [old], otherColumns: ["run", "excess", "canary"]),
      TimingTable(rows: [new], otherColumns: ["run", "raw_us", "core_slowdown", "canary_ratio"]),
    ])
    #expect(pooled == 0 && table.otherColumns == ["run", "raw_us", "core_slowdown", "canary_ratio"])
    #expect(table.rows[0].other == ["raw_us": "1500.000000", "canary_ratio": "1.1000", "run": "a"])
    #expect(table.rows[1] == new)
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
    let (table, pooled) = try TablePooling.merge([zen, second, second])
    #expect(table.rows.count == 3)
    #expect(pooled == 3)
    #expect(table.otherColumns == ["kernel", "note"])
    #expect(abs(table.rows[0].seconds - 2.0.squareRoot() * 1e-3) < 1e-9)
    #expect(table.rows[0].samples == 20)
    #expect(table.rows[0].other["note"] == "a")
    #expect(table.rows[1].seconds == 2e-3)
    #expect(table.rows[2].device == "gpu")
  }

  @Test func whatThreadsWaitedForIsTheMeanOfTheRows() throws {
    var (calm, restless) = (try row(1e-3, half: 0.01, samples: 10), try row(1e-3, half: 0.01, samples: 30))
    calm.other = ["waited": "0.0000"]
    restless.other = ["waited": "0.4000"]
    #expect(TablePooling.pool(calm, [restless]).other["waited"] == "0.3000")
  }

  @Test func tablesOfTwoMachinesAreNotPooled() throws {
    var (first, second) = (try row(1e-3, half: 0.01, samples: 10), try row(3e-3, half: 0.01, samples: 10))
    first.other["machine"] = "A 1/2/3"
    second.other["machine"] = "B 1/2/4"
    let error = #expect(throws: CalibrationError.self) {
      try TablePooling.merge([TimingTable(rows: [first]), TimingTable(rows: [second])])
    }
    let text = try #require(error).description
    #expect(text.contains("A 1/2/3; B 1/2/4") && text.contains("3.00 times as long (median of 1 shape)"), "\(text)")
    #expect(error?.exitCode == 65)
  }
}
