import GEMMTiming
import SeededRandom
import Testing

@testable import HostCalibration

@Suite struct StepRoundsTests {
  private static let base = [2e-4, 3e-3, 1e-4]
  private static let slope = 0.3

  private func steps() throws -> [StepTimer.Step] {
    [
      .product(try GEMMShape(m: 64, k: 256, n: 256), threads: 1),
      .product(try GEMMShape(m: 512, k: 512, n: 512), threads: 1), .exchange,
    ]
  }

  /// Rounds of a core that a neighbour shares for most of the time; the exchange follows no core.
  private func planted(rounds count: Int, brokenEvery period: Int = .max) throws -> StepRounds {
    var random = SplitMix64(seed: 5)
    var rounds = StepRounds(try steps())
    for round in 0..<count {
      let level = Double.random(in: 0..<1, using: &random) < 0.7 ? Double.random(in: 0.3..<0.6, using: &random) : 0
      let isWhole = (round + 1) % period != 0
      let timed = Self.base.enumerated().map { index, seconds in
        let follows = index < 2
        let slower = follows ? 1 / (1 - Self.slope * level) : 1
        return StepRounds.Timed(
          seconds: seconds * slower * (isWhole ? 1 : 3),
          readings: CoreReadings(
            slowdown: level > 0.15 ? 1.2 : 1, level: follows ? level : nil, count: follows ? 2 : 0))
      }
      rounds.add(timed, isWhole: isWhole)
    }
    return rounds
  }

  @Test func timesAreThoseOfACoreOfItsOwn() throws {
    let times = try planted(rounds: 4000).times()
    for (seconds, base) in zip(times.steps, Self.base) {
      let median = try #require(SampleSummary(seconds)?.median)
      #expect(abs(median / base - 1) < 0.03, "\(base): \(median)")
    }
    let (own, clocked) = (SampleSummary(times.rounds)?.median ?? 0, SampleSummary(times.clocked)?.median ?? 0)
    #expect(abs(own / Self.base.reduce(0, +) - 1) < 0.03)
    #expect(clocked > 1.1 * own)
  }

  @Test func roundsThatOthersBrokeIntoDoNotCountWhereEnoughAreLeft() throws {
    let many = try planted(rounds: 20, brokenEvery: 2).times()
    #expect(many.rounds.count == 10 && many.interrupted == 0.5)
    #expect(many.steps[2].allSatisfy { $0 == Self.base[2] })
    let few = try planted(rounds: 14, brokenEvery: 2).times()
    #expect(few.rounds.count == 14 && few.interrupted == 0.5)
  }

  @Test func aTimerKeepsTheRoundsThatCount() throws {
    let timer = StepTimer(try steps(), cores: nil)
    for round in 0..<12 {
      timer.begin()
      for index in 0..<3 { timer.time(index) { _ = MonotonicClock.cost() } }
      timer.end(counts: round > 0)
    }
    #expect(timer.count == 11)
    let times = timer.times()
    #expect(times.steps.count == 3 && times.steps.allSatisfy { $0.allSatisfy { $0 > 0 } })
    // Without a core to read, times are the clock's.
    #expect(times.rounds == times.clocked)
  }
}
