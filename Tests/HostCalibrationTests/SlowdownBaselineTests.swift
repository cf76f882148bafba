import SeededRandom
import Testing

@testable import HostCalibration

@Suite struct SlowdownBaselineTests {
  @Test func aSharedCoreStandsOut() {
    var baseline = SlowdownBaseline()
    var generator = SplitMix64(seed: 4)
    func reading(shared: Bool) -> Double { (shared ? 7e-6 : 5e-6) * Double.random(in: 1...1.02, using: &generator) }
    for _ in 0..<1000 { _ = baseline.slowdown(reading(shared: Bool.random(using: &generator))) }
    for _ in 0..<1000 {
      let shared = Bool.random(using: &generator)
      #expect((baseline.slowdown(reading(shared: shared)) > CoreSlowdown.shared) == shared)
    }
  }

  /// A core that is its own for a hundredth of the time, and not at all in the first quarter of a second.
  @Test func aNeighbourThatIsMostlyThereDoesNotBecomeTheUsual() {
    var baseline = SlowdownBaseline()
    var generator = SplitMix64(seed: 5)
    for _ in 0..<500 { _ = baseline.slowdown(7e-6) }
    for index in 0..<100_000 {
      let shared = Int.random(in: 0..<100, using: &generator) > 0
      let slowdown = baseline.slowdown(shared ? 7e-6 : 5e-6)
      if index > 2000, (slowdown > CoreSlowdown.shared) != shared {
        Issue.record("after \(index) readings, \(slowdown) is said of a core that is \(shared ? "shared" : "its own")")
        return
      }
    }
  }

  @Test func aNeighbourOfAMomentDoesNotBecomeTheUsual() {
    var baseline = SlowdownBaseline()
    for _ in 0..<150_000 { _ = baseline.slowdown(5e-6) }
    for _ in 0..<100_000 where baseline.slowdown(7e-6) <= CoreSlowdown.shared {
      Issue.record("the neighbour is taken for the usual")
      return
    }
  }

  @Test func anotherClockBecomesTheUsual() {
    var baseline = SlowdownBaseline()
    for _ in 0..<150_000 { _ = baseline.slowdown(5e-6) }
    for _ in 0..<150_000 { _ = baseline.slowdown(6e-6) }
    #expect(baseline.slowdown(6e-6) == 1)
  }

  @Test func whatAQuietCoreTakesIsTold() {
    var baseline = SlowdownBaseline()
    var generator = SplitMix64(seed: 6)
    for _ in 0..<10_000 {
      let isShared = Bool.random(using: &generator)
      _ = baseline.slowdown((isShared ? 7e-6 : 5e-6) * Double.random(in: 1...1.04, using: &generator))
    }
    // 0.5 % of all readings are 1 % of the quiet ones, which lie evenly in 4 %.
    #expect(abs(baseline.quiet - 1.02 / 1.0004) < 0.002)
  }
}
