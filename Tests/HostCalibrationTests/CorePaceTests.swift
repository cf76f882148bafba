import SeededRandom
import Testing

@testable import HostCalibration

@Suite struct CorePaceTests {
  @Test func aSharedCoreStandsOutFromItsUsualPace() {
    var history = PaceHistory()
    var generator = SplitMix64(seed: 4)
    func reading(shared: Bool) -> Double { (shared ? 7e-6 : 5e-6) * Double.random(in: 1...1.02, using: &generator) }
    for _ in 0..<1000 { _ = history.slowdown(reading(shared: Bool.random(using: &generator))) }
    for _ in 0..<1000 {
      let shared = Bool.random(using: &generator)
      #expect((history.slowdown(reading(shared: shared)) > CorePace.shared) == shared)
    }
  }

  /// A core that is its own for a hundredth of the time, and not at all in the first quarter of a second.
  @Test func aNeighbourWhoIsMostlyThereDoesNotBecomeTheUsual() {
    var history = PaceHistory()
    var generator = SplitMix64(seed: 5)
    for _ in 0..<500 { _ = history.slowdown(7e-6) }
    for index in 0..<100_000 {
      let shared = Int.random(in: 0..<100, using: &generator) > 0
      let slowdown = history.slowdown(shared ? 7e-6 : 5e-6)
      if index > 2000, (slowdown > CorePace.shared) != shared {
        Issue.record("after \(index) readings, \(slowdown) is said of a core that is \(shared ? "shared" : "its own")")
        return
      }
    }
  }

  @Test func aNeighbourOfAMomentDoesNotBecomeTheUsual() {
    var history = PaceHistory()
    for _ in 0..<150_000 { _ = history.slowdown(5e-6) }
    for _ in 0..<100_000 where history.slowdown(7e-6) <= CorePace.shared {
      Issue.record("the neighbour is taken for the usual")
      return
    }
  }

  @Test func anotherClockBecomesTheUsual() {
    var history = PaceHistory()
    for _ in 0..<150_000 { _ = history.slowdown(5e-6) }
    for _ in 0..<150_000 { _ = history.slowdown(6e-6) }
    #expect(history.slowdown(6e-6) == 1)
  }

  @Test func whatAQuietCoreTakesIsTold() {
    var history = PaceHistory()
    var generator = SplitMix64(seed: 6)
    for _ in 0..<10_000 {
      let isShared = Bool.random(using: &generator)
      _ = history.slowdown((isShared ? 7e-6 : 5e-6) * Double.random(in: 1...1.04, using: &generator))
    }
    // 0.5 % of all readings are 1 % of the quiet ones, which lie evenly in 4 %.
    #expect(abs(history.quiet - 1.02 / 1.0004) < 0.002)
  }

  @Test func theRealCoreHasAPace() {
    let pace = CorePace(seed: 1)
    let readings = (0..<200).map { _ in pace.slowdown() }.sorted()
    // Some readings are at the usual pace or faster, whatever else the machine does; and they differ, which
    // they do not where nothing is timed.
    #expect(readings[0] > 0 && readings[0] <= 1 && readings[199] > readings[0])
  }
}
