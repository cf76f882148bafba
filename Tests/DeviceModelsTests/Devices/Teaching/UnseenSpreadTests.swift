import Foundation
import GEMMTiming
import SeededRandom
import Testing

@testable import DeviceModels

@Suite struct UnseenSpreadTests {
  /// Groups of equal size weigh as one list of all values.
  @Test func percentilesOfEqualGroupsAreThoseOfTheList() {
    var generator = SplitMix64(seed: 4)
    let groups = (0..<4).map { _ in (0..<25).map { _ in Double.random(in: -1...1, using: &generator) } }
    let sorted = groups.flatMap(\.self).sorted()
    for share in [0.05, 0.5, 0.95] {
      #expect(UnseenSpread.percentile(groups, share) == sorted[Int((share * 100).rounded(.up)) - 1])
    }
  }

  /// A device of many rows weighs no more than one of few.
  @Test func everyDeviceWeighsTheSame() {
    let few = [0.3, 0.4]
    let many = (0..<1000).map { -Double($0) / 1000 }
    let doubled = many.flatMap { [$0, $0] }
    for share in [0.05, 0.3, 0.95] {
      #expect(UnseenSpread.percentile([few, many], share) == UnseenSpread.percentile([few, doubled], share))
    }
    #expect(UnseenSpread.percentile([few, many], 0.95) == 0.4)
  }

  @Test func aBoundWithoutRowsKeepsWhatIsKnown() {
    let known = GEMMSpread(
      latency: .init(low: 0.5, high: 2), memory: .init(low: 0.6, high: 1.5), compute: .init(low: 0.7, high: 1.4))
    let misses = (0..<40).map { CommonGEMMFit.Miss(bound: .memory, residual: Double($0 - 20) / 100) }
    let spread = UnseenSpread([misses]).spread(known: known)
    #expect(spread.latency == known.latency && spread.compute == known.compute)
    #expect(abs(spread.memory.low - exp(-0.19)) < 1e-3 && abs(spread.memory.high - exp(0.17)) < 1e-3)
  }

  /// Whatever the misses, 1 lies within.
  @Test func theForecastItselfIsInItsInterval() {
    let misses = (0..<40).map { CommonGEMMFit.Miss(bound: .compute, residual: 0.2 + Double($0) / 100) }
    let spread = UnseenSpread([misses]).spread(known: CommonGEMMParameters.start(.registers).spread)
    #expect(spread.compute.low == 1 && spread.compute.high > 1)
  }
}
