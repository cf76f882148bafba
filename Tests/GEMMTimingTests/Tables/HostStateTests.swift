import DataFiles
import Foundation
import Testing

@testable import GEMMTiming

@Suite struct HostStateTests {
  private static let known = HostState(
    rawSeconds: 1.25e-3, coreSlowdown: 1.3125, canaryRatio: 1.0625, canarySeconds: 4.125e-4, stolenSeconds: 1.5e-2,
    involuntarySwitches: 7, waitedShare: 0.25)

  private func row(_ other: [String: String], seconds: Double = 1e-3) throws -> TimingRow {
    TimingRow(device: "x", dtype: .fp32, shape: try GEMMShape(m: 1, k: 2, n: 3), seconds: seconds, other: other)
  }

  @Test func everyColumnIsRead() throws {
    let state = HostState(
      try row([
        "raw_us": "1250.000000", "core_slowdown": "1.3125", "canary_ratio": "1.0625", "canary_us": "412.500",
        "steal_us": "15000", "switches": "7", "waited": "0.2500", "run": "a",
      ]))
    #expect(state.slowdown == 1.3125 && abs((state.correction(of: 1e-3) ?? 0) - 1.25) < 1e-12)
    #expect(state.coreSlowdown == 1.3125 && state.canaryRatio == 1.0625 && state.waitedShare == 0.25)
    #expect(abs((state.canarySeconds ?? 0) - 4.125e-4) < 1e-15 && abs((state.stolenSeconds ?? 0) - 1.5e-2) < 1e-12)
    #expect(state.involuntarySwitches == 7)
  }

  /// `excess` was the raw time over the row's, `canary` the core's slowdown or else the canary's ratio.
  @Test func earlierVersionsAreRead() throws {
    let state = HostState(try row(["excess": "1.2500", "canary": "1.1000", "canary_us": "400.000"], seconds: 2e-3))
    #expect(state.rawSeconds == 2.5e-3 && state.correction(of: 2e-3) == 1.25)
    #expect(state.slowdown == 1.1 && state.coreSlowdown == nil && state.waitedShare == nil)
    // A row that is not corrected is so exactly, however short.
    let own = try row(["excess": "1.0000"], seconds: 1.234567e-7)
    #expect(HostState(own).correction(of: own.seconds) == 1)
  }

  @Test func whatIsNoNumberOrImpossibleIsUnknown() throws {
    #expect(HostState(try row([:])) == HostState())
    let damaged = HostState.columns.reduce(into: ["excess": "-1", "canary": "0"]) { $0[$1] = "much" }
    #expect(HostState(try row(damaged)) == HostState())
    #expect(HostState(try row(["raw_us": "-3", "switches": "2.5", "canary_us": "0", "waited": "nan"])) == HostState())
    // Nobody may have waited, and nothing been stolen.
    #expect(HostState(try row(["waited": "0.0000", "steal_us": "0"])) == HostState(stolenSeconds: 0, waitedShare: 0))
  }

  @Test func aStateSurvivesItsFile() throws {
    var known = try row(["run": "a", "excess": "9", "canary": "9"])
    Self.known.write(into: &known)
    #expect(known.other["excess"] == nil && known.other["canary"] == nil && known.other["run"] == "a")
    var unknown = known
    HostState(coreSlowdown: 1).write(into: &unknown)
    #expect(unknown.other == ["run": "a", "core_slowdown": "1.0000"])
    let text = TimingTable(rows: [known, unknown], otherColumns: ["run"] + HostState.columns).csv()
    let read = try TimingTable(CSVDocument(text: text, file: "t.csv"))
    #expect(read.otherColumns == ["run"] + HostState.columns)
    #expect(HostState(read.rows[1]) == HostState(coreSlowdown: 1))
    let state = HostState(read.rows[0])
    #expect(abs((state.rawSeconds ?? 0) - 1.25e-3) < 1e-15 && state.coreSlowdown == 1.3125)
    #expect(state.fields == Self.known.fields && state.fields.count == HostState.columns.count)
  }

  @Test func tablesOfEarlierVersionsGetTheColumnsOfToday() throws {
    let old = TimingTable(
      rows: [try row(["run": "a", "excess": "1.2500", "canary": "1.1000"])],
      otherColumns: ["run", "excess", "canary", "canary_us"])
    let table = old.withCurrentHostState()
    #expect(table.otherColumns == ["run", "raw_us", "core_slowdown", "canary_ratio", "canary_us"])
    #expect(table.rows[0].other == ["run": "a", "raw_us": "1250.000000", "canary_ratio": "1.1000"])
    #expect(table.withCurrentHostState() == table)
    let foreign = TimingTable(rows: [try row(["driver": "5"])], otherColumns: ["driver"])
    #expect(foreign.withCurrentHostState() == foreign)
  }

  /// By hand: (1 · 1.1 + 3 · 1.5) / 4 = 1.4 and (1.1 · 1.5³)^¼ = 1.38809.
  @Test(arguments: [(HostState.Mean.arithmetic, 1.4), (.geometric, 1.388_087)])
  func statesArePooledByTheirWeights(mean: HostState.Mean, expected: Double) throws {
    let first = HostState(
      rawSeconds: 2.2, coreSlowdown: 1.1, canaryRatio: 1.1, canarySeconds: 1.1, stolenSeconds: 0.5,
      involuntarySwitches: 2, waitedShare: 0)
    let second = HostState(
      rawSeconds: 6, coreSlowdown: 1.5, canaryRatio: 1.5, canarySeconds: 1.5, stolenSeconds: 0.25,
      involuntarySwitches: 3, waitedShare: 0.4)
    // The clock said 1.1 and 1.5 times as long.
    let pooled = HostState.pooled([(first, 2, 1), (second, 4, 3)], seconds: 3, by: mean)
    #expect(abs((pooled.rawSeconds ?? 0) - 3 * expected) < 1e-5)
    for value in [pooled.coreSlowdown, pooled.canaryRatio, pooled.canarySeconds] {
      #expect(abs((value ?? 0) - expected) < 1e-5)
    }
    #expect(pooled.stolenSeconds == 0.75 && pooled.involuntarySwitches == 5)
    #expect(abs((pooled.waitedShare ?? 0) - 0.3) < 1e-12)
  }

  @Test func whatSomeDoNotKnowIsPooledOfTheOthers() {
    let core = HostState(coreSlowdown: 1.5, canaryRatio: 2)
    let canary = HostState(canaryRatio: 1.1)
    let pooled = HostState.pooled([(core, 1, 1), (canary, 1, 1), (HostState(), 1, 8)], seconds: 1, by: .arithmetic)
    // The second says of its core what the canary does.
    #expect(abs((pooled.coreSlowdown ?? 0) - 1.3) < 1e-12 && abs((pooled.canaryRatio ?? 0) - 1.55) < 1e-12)
    #expect(pooled.rawSeconds == nil && pooled.stolenSeconds == nil && pooled.waitedShare == nil)
    let unread = HostState.pooled([(canary, 1, 1), (HostState(), 1, 1)], seconds: 1, by: .geometric)
    #expect(unread.coreSlowdown == nil && abs((unread.slowdown ?? 0) - 1.1) < 1e-12)
    #expect(HostState.pooled([], seconds: 1, by: .geometric) == HostState())
  }
}
