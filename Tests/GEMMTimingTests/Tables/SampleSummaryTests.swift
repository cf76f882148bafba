import Foundation
import GEMMTiming
import SeededRandom
import Testing

@Suite struct SampleSummaryTests {
  @Test func noSamplesHaveNoSummary() { #expect(SampleSummary([]) == nil) }

  @Test func theMedianIsTheMiddleInAnyOrder() throws {
    let odd = try #require(SampleSummary([5, 1, 3]))
    #expect(odd.median == 3)
    #expect(odd.minimum == 1)
    #expect(odd.count == 3)
    #expect([odd.low, odd.high] == [1, 5])
    #expect(SampleSummary([4, 1, 3, 2])?.median == 2)
    #expect(SampleSummary([7])?.high == 7)
  }

  /// The chance that the interval between two order statistics holds the median is a binomial sum.
  @Test(arguments: Array(6...120) + [200, 500, 1000])
  func coverageIsNeverBelow95PercentAndTheIntervalNotNeedlesslyWide(count: Int) throws {
    // With the samples 0, 1, 2, … the ends of the interval are their own ranks.
    let summary = try #require(SampleSummary((0..<count).map { Double($0) }.reversed()))
    let (low, high) = (Int(summary.low), Int(summary.high))
    #expect(low == count - 1 - high)
    /// P(B ≤ r) for B binomial with n = count, p = ½.
    func cumulative(_ rank: Int) -> Double {
      let n = Double(count)
      var sum = 0.0
      for r in 0...max(0, rank) {
        let k = Double(r)
        let logChoices: Double = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        sum += exp(logChoices - n * log(2))
      }
      return sum
    }
    #expect(1 - 2 * cumulative(low) >= 0.95)
    // Two ranks further in on either side would fall short.
    #expect(1 - 2 * cumulative(low + 2) < 0.95)
  }

  @Test(arguments: [7, 10, 25, 80])
  func theIntervalHoldsTheTrueMedianAsOftenAsItSays(count: Int) throws {
    var random = SplitMix64(seed: UInt64(count))
    var held = 0
    let trials = 4000
    for _ in 0..<trials {
      // Exponential times above a floor, as timings are skewed: the true median is 1 + ln 2.
      let samples = (0..<count).map { _ in 1 - log(Double.random(in: Double.leastNonzeroMagnitude...1, using: &random))
      }
      let summary = try #require(SampleSummary(samples))
      if summary.low <= 1 + log(2), 1 + log(2) <= summary.high { held += 1 }
    }
    let coverage = Double(held) / Double(trials)
    // Three standard errors of a share of 4000 trials are about 0.01.
    #expect(coverage > 0.94 && coverage < 0.995)
  }
}
