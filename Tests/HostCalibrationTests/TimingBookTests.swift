import GEMMTiming
import Testing

@testable import HostCalibration

@Suite struct TimingBookTests {
  private func book() throws -> TimingBook {
    let topology = try HostTopology.discover(
      synthetic: "l2:1(size=65536) core:2 pu:1", files: HostFiles(root: "/none"), environment: [:])
    return try TimingBook(topology: topology, setting: nil, seed: 1, continuing: nil, file: "table")
  }

  private func visit(_ samples: [Double]) -> Measurement {
    let state = HostState(stolenSeconds: 1e-6, involuntarySwitches: 2)
    return Measurement(samples: samples, callsPerSample: 3, state: state, wallSeconds: 1)
  }

  @Test func slowVisitsCountOnlyWhereNoOtherDoes() throws {
    var book = try book()
    let item = WorkItem(try GEMMShape(m: 8, k: 9, n: 10), threads: 1)
    // While nothing better is known, a visit counts whatever the canary said.
    _ = book.add(item, visit([4, 5, 6]), canary: 1.5, undisturbed: 1.5)
    #expect(book.median(item) == 5 && book.spread(item) == 0.4)
    _ = book.add(item, visit([1, 2, 3]), canary: 1.05, undisturbed: 1)
    #expect(book.median(item) == 2 && book.passes(item) == 2)
    #expect(book.table.rows[0].samples == 3 && book.table.rows[0].other["canary_ratio"] == "1.0500")
    #expect(book.table.rows[0].other["switches"] == "2")
    // At the end the undisturbed host turns out to be faster still: both were slow, and both count.
    book.settle(undisturbed: [1: 0.5])
    #expect(book.median(item) == 3 && book.table.rows[0].samples == 6)
    #expect(book.add(item, visit([]), canary: 1, undisturbed: 1) == nil)
    #expect(book.passes(item) == 2)
  }

  @Test func theCanaryAfterAVisitDecides() throws {
    var book = try book()
    let item = WorkItem(try GEMMShape(m: 8, k: 9, n: 10), threads: 1)
    #expect(book.judge(item, canary: 1, undisturbed: 1) == nil)
    _ = book.add(item, visit([1, 2, 3]), canary: 1, undisturbed: 1)
    let row = book.add(item, visit([4, 5, 6]), canary: 1, undisturbed: 1)
    #expect(row == 0 && book.median(item) == 3)
    // The host turns out to have been slow during the second visit, and it no longer counts.
    #expect(book.judge(item, canary: 1.5, undisturbed: 1) == 0)
    #expect(book.median(item) == 2 && book.passes(item) == 2)
    // It is repeated in its place.
    #expect(book.judge(item, again: visit([7, 8, 9]), canary: 1, undisturbed: 1) == 0)
    #expect(book.median(item) == 3 && book.passes(item) == 2 && book.table.rows[0].samples == 6)
    // A repetition without samples leaves it as it was.
    #expect(book.judge(item, again: visit([]), canary: 1, undisturbed: 1) == 0)
    #expect(book.median(item) == 3)
  }

  /// A row says what the clock said of its visits, and how their core and the canary were.
  @Test func theStateOfTheHostIsTheMeanOfTheVisitsThatCount() throws {
    var book = try book()
    let item = WorkItem(try GEMMShape(m: 8192, k: 900, n: 1000), threads: 2)
    for factor in [1.3, 1.2] {
      var measurement = visit([1, 2, 3])
      (measurement.state.rawSeconds, measurement.state.coreSlowdown) = (2 * factor, 1)
      _ = book.add(item, measurement, canary: 1.5, undisturbed: 1)
    }
    let state = HostState(book.table.rows[0])
    #expect(abs((state.rawSeconds ?? 0) - 2.5) < 1e-9 && state.coreSlowdown == 1 && state.canaryRatio == 1.5)
    #expect(state.canarySeconds == 1 && state.stolenSeconds == 2e-6 && state.involuntarySwitches == 4)
    // Beside that canary they would not count, had their cores not been read.
    #expect(book.table.rows[0].samples == 6)
  }

  @Test func aTableOfAnEarlierVersionIsContinuedWithTheColumnsOfToday() throws {
    var first = try book()
    let item = WorkItem(try GEMMShape(m: 8, k: 9, n: 10), threads: 1)
    _ = first.add(item, visit([1, 2, 3]), canary: 1.1, undisturbed: 1)
    var earlier = first.table
    for column in ["raw_us", "core_slowdown", "canary_ratio"] { earlier.rows[0].other[column] = nil }
    earlier.rows[0].other.merge(["excess": "1.2500", "canary": "1.1000"]) { $1 }
    earlier.otherColumns += ["excess", "canary"]
    let book = try TimingBook(
      topology: try HostTopology.discover(
        synthetic: "l2:1(size=65536) core:2 pu:1", files: HostFiles(root: "/none"), environment: [:]),
      setting: nil, seed: 2, continuing: earlier, file: "table")
    #expect(book.table.otherColumns == Calibrator.tableColumns)
    let other = book.table.rows[0].other
    #expect(other["raw_us"] == "2500000.000000" && other["canary_ratio"] == "1.1000" && other["excess"] == nil)
  }
}
