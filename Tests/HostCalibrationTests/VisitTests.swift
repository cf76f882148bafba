import GEMMTiming
import Testing

@testable import HostCalibration

/// Calls whose times are planted, and a clock that moves by them alone.
private struct PlantedCalls: BlockTiming {
  /// The seconds of each call, by how many were made before it.
  let seconds: (Int) -> Double
  /// The moment until which the core is shared.
  var sharedUntil = 0.0
  private(set) var now = 0.0
  private(set) var made = 0
  /// Seconds of calls that were not timed.
  private(set) var uncounted = 0.0
  /// What each block was expected to take.
  private(set) var expected: [Double] = []
  private(set) var resumes = 0

  init(sharedUntil: Double = 0, _ seconds: @escaping (Int) -> Double) {
    (self.seconds, self.sharedUntil) = (seconds, sharedUntil)
  }

  var isCoreShared: Bool { now < sharedUntil }

  private mutating func run(_ count: Int) -> Double {
    let total = (made..<made + count).reduce(0) { $0 + seconds($1) }
    (now, made) = (now + total, made + count)
    return total
  }

  mutating func call(_ count: Int) -> Double {
    let total = run(count)
    uncounted += total
    return total
  }

  mutating func time(_ count: Int, expecting seconds: Double) -> TimedBlocks.Block {
    expected.append(seconds)
    let slowdown = isCoreShared ? 1.4 : 1.0
    let total = run(count)
    return TimedBlocks.Block(
      secondsOfCall: total / Double(count), seconds: total, isWhole: true, readings: CoreReadings(slowdown: slowdown))
  }

  mutating func resume() { resumes += 1 }
}

@Suite struct VisitTests {
  private static let block = 1e-4

  /// A visit on a host of caches of 32 KB, 1 MB and 32 MB.
  private func visit(
    _ m: Int, _ k: Int, _ n: Int, calls: PlantedCalls, stopping: StopRule = StopRule(), timeLimit: Double = 1,
    patience: Double = 0, choices: [Int] = [], slowdown: @escaping () -> Double = { 1 }
  ) throws -> Visit<PlantedCalls> {
    let item = WorkItem(try GEMMShape(m: m, k: k, n: n), threads: 1)
    let topology = try HostTopology.discover(
      synthetic: "package:1 l3:1(size=33554432) l2:1(size=1048576) core:1 pu:1", files: HostFiles(root: "/none"),
      environment: [:])
    let place = OperandPlace(item, isAlone: true, beside: OperandPlace.Caches(topology))
    return Visit(
      MeasurementRequest(item, stopping: stopping, timeLimit: timeLimit, patience: patience), timer: calls,
      blocks: TimedBlocks(isAlone: true, isSteady: place.isSteady), place: place,
      core: QuietCore(choices: choices, interval: 0, bind: { _ in true }, slowdown: slowdown),
      shortestBlock: Self.block)
  }

  /// A core is kept busy for 0.3 ms, for 1 ms where operands go beyond its first cache, and not at all after a long call.
  @Test(arguments: [(8, 0x1p-20, 3e-4), (200, 0x1p-19, 1e-3), (8, 0x1p-10, 0)])
  func theCoreIsMadeReadyBeforeAnythingCounts(extent: Int, seconds: Double, least: Double) throws {
    var visit = try visit(extent, extent, extent, calls: PlantedCalls { _ in seconds })
    visit.begin()
    #expect(visit.blocks.count == 1 && visit.timer.made == 1)
    visit.prepare()
    let ready = visit.timer.uncounted + (least > 0 ? seconds : 0)
    #expect(ready >= least && ready <= least + Self.block)
    // The first call does not count, and the readings begin anew.
    #expect(visit.blocks.count == 0 && visit.timer.resumes == 1)
    #expect(visit.callsPerBlock == Int(max(1, (Self.block / seconds).rounded(.up))))
  }

  @Test func aCallOfHalfTheTimeLimitIsNotWarmedUp() throws {
    var visit = try visit(8, 8, 8, calls: PlantedCalls { _ in 1e-4 }, timeLimit: 2e-4)
    visit.begin()
    visit.prepare()
    #expect(visit.timer.uncounted == 0)
  }

  /// The times of (5339, 640, 1) on a Zen 4 core, whose last-level cache fills as the one before it drops operands.
  @Test func callsSettleBeforeTheyCount() throws {
    let times = [1432, 1271, 1162, 1040, 930, 850, 800, 775, 772, 774].map { $0 * 1e-6 }
    var visit = try visit(5339, 640, 1, calls: PlantedCalls { times[min($0, times.count - 1)] })
    visit.begin()
    visit.prepare()
    // Two calls in a row that are no faster end it; those within 3 % of the fastest count.
    #expect(visit.timer.made == 10 && visit.timer.uncounted == 0 && visit.callsPerBlock == 1)
    #expect(visit.blocks.undisturbed == times.suffix(3))
  }

  @Test func callsThatNeverSettleAreGivenUpAfterTwelve() throws {
    var visit = try visit(5339, 640, 1, calls: PlantedCalls { 2e-3 * (1 - 0.04 * Double($0)) }, timeLimit: 1)
    visit.begin()
    visit.prepare()
    #expect(visit.timer.made == 13)
  }

  /// Of large products, whose operands' place hardly matters, the first call counts.
  @Test func aLongCallCountsFromTheFirst() throws {
    let rule = StopRule(minimumSamples: 3, maximumSamples: 3)
    var visit = try visit(1500, 1500, 1500, calls: PlantedCalls { _ in 0.05 }, stopping: rule)
    visit.begin()
    visit.prepare()
    visit.sample()
    #expect(visit.timer.made == 3 && visit.blocks.count == 3 && visit.timer.resumes == 0)
    // Before anything is known, a core that does 2·10¹¹ flop/s.
    #expect(visit.timer.expected == [6.75e9 / 2e11, 0.05, 0.05])
  }

  @Test func steadyCallsEndAVisitAtTheLeastSamples() throws {
    let rule = StopRule(minimumSamples: 6, maximumSamples: 64)
    var visit = try visit(8, 8, 8, calls: PlantedCalls { _ in 0x1p-20 }, stopping: rule)
    visit.begin()
    visit.prepare()
    visit.sample()
    #expect(visit.blocks.count == 6)
    #expect(visit.blocks.samples(atLeast: 6).seconds.allSatisfy { $0 == 0x1p-20 })
  }

  @Test func theTimeLimitEndsAVisitOfUnsteadyCalls() throws {
    let rule = StopRule(minimumSamples: 1000, maximumSamples: 10_000)
    var visit = try visit(8, 8, 8, calls: PlantedCalls { _ in 0x1p-20 }, stopping: rule, timeLimit: 1.05e-3)
    visit.begin()
    visit.prepare()
    visit.sample()
    // The block that passes the limit is the last; one there is in any case.
    #expect(visit.blocks.count == 11)
    var long = try self.visit(8, 8, 8, calls: PlantedCalls { _ in 1e-3 }, stopping: rule, timeLimit: 1e-6)
    long.begin()
    long.prepare()
    long.sample()
    #expect(long.blocks.count == 1)
  }

  /// Beyond the limit a visit waits until four blocks are undisturbed, and no longer than its patience.
  @Test func aSharedCoreIsWaitedFor() throws {
    let rule = StopRule(minimumSamples: 1000, maximumSamples: 10_000)
    func blocks(sharedUntil: Double, patience: Double) throws -> TimedBlocks {
      let calls = PlantedCalls(sharedUntil: sharedUntil) { _ in 0x1p-20 }
      var visit = try visit(8, 8, 8, calls: calls, stopping: rule, timeLimit: 1.05e-3, patience: patience)
      visit.begin()
      visit.prepare()
      visit.sample()
      return visit.blocks
    }
    #expect(try blocks(sharedUntil: 1, patience: 0).count == 11)
    #expect(try blocks(sharedUntil: 1, patience: 5e-3).count == 61)
    let freed = try blocks(sharedUntil: 3e-3, patience: 5e-3)
    #expect(freed.undisturbed.count == 4 && !freed.lacksUndisturbed && freed.count < 40)
  }

  @Test func aSharedCoreIsLeftAndTheNewOneMadeReady() throws {
    let calls = PlantedCalls(sharedUntil: 4e-4) { _ in 0x1p-20 }
    // The thread's own core is shared, the next one it looks at is not.
    var readings = [1.4, 1, 1][...]
    var visit = try visit(
      8, 8, 8, calls: calls, stopping: StopRule(minimumSamples: 4, maximumSamples: 4), choices: [3, 5],
      slowdown: { readings.popFirst() ?? 1 })
    visit.begin()
    visit.prepare()
    let before = visit.timer.uncounted
    visit.sample()
    // Another 0.3 ms of calls that do not count, and the readings begin anew.
    #expect(visit.timer.uncounted - before >= 3e-4 && visit.timer.resumes == 2)
    #expect(visit.blocks.count == 4 && readings.isEmpty)
  }
}
