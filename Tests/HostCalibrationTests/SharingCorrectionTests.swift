import Foundation
import GEMMTiming
import SeededRandom
import Testing

@testable import HostCalibration

@Suite struct SharingCorrectionTests {
  /// Teaches calls of products of all lengths, each at another level, whose speed falls by a planted slope.
  private func correction(
    slope: Double, noise: Double = 0, levels: ClosedRange<Double> = 0...0.5, isSampled: Bool = true, items: Int,
    calls: Int, seed: UInt64
  ) -> SharingCorrection {
    var generator = SplitMix64(seed: seed)
    var correction = SharingCorrection()
    for _ in 0..<items {
      let own = exp(Double.random(in: -5...1, using: &generator))
      correction.learn(
        (0..<calls).map { _ in
          let level = Double.random(in: levels, using: &generator)
          let error = exp(Double.random(in: -noise...noise, using: &generator))
          return SharingCorrection.Call(
            seconds: own / (1 - slope * level) * error, level: level,
            readings: Int.random(in: 3...80, using: &generator),
            isSampled: isSampled)
        })
    }
    return correction
  }

  @Test(arguments: [0.2, 0.5, 0.9]) func theSlopeIsLearntThroughNoise(slope: Double) {
    let learnt = correction(slope: slope, noise: 0.05, items: 300, calls: 5, seed: 3)
    #expect(abs(learnt.slope - slope) < 0.03)
    #expect(abs(learnt.factor(0.4) - 1 / (1 - 0.4 * learnt.slope)) < 1e-12)
  }

  /// Long calls that were never without a neighbour tell the quiet core's speed all the same.
  @Test func theSlopeIsThatFromAFullSpeedDown() {
    #expect(abs(correction(slope: 0.6, levels: 0.3...0.5, items: 2000, calls: 5, seed: 4).slope - 0.6) < 0.01)
  }

  @Test func shortCallsTeachWhereOneOfThemEscaped() {
    let usual = SharingCorrection().slope
    #expect(correction(slope: 0.9, levels: 0.2...0.5, isSampled: false, items: 300, calls: 5, seed: 4).slope == usual)
    // Two escape in each visit, and the others are slowed from full speed down.
    var learnt = SharingCorrection()
    var generator = SplitMix64(seed: 4)
    for _ in 0..<300 {
      let levels = [0, 0.01] + (0..<20).map { _ in Double.random(in: 0.2...0.6, using: &generator) }
      learnt.learn(levels.map { .init(seconds: 1e-6 / (1 - 0.9 * $0), level: $0, readings: 2) })
    }
    #expect(abs(learnt.slope - 0.9) < 0.02)
  }

  @Test func littleThatWasSeenMovesItLittle() {
    let usual = SharingCorrection().slope
    #expect(abs(correction(slope: 0.9, items: 1, calls: 2, seed: 5).slope - usual) < 0.2)
    // A call alone tells nothing, nor do calls that all had the same level.
    #expect(correction(slope: 0.9, items: 50, calls: 1, seed: 5).slope == usual)
    let same = correction(slope: 0.9, noise: 0.1, levels: 0.3...0.3, items: 50, calls: 5, seed: 5)
    #expect(abs(same.slope - usual) < 1e-9)
    // A reading that was broken into is no level.
    var broken = SharingCorrection()
    broken.learn((0..<50).map { .init(seconds: Double(1 + $0 % 2), level: Double($0 % 2), readings: 20) })
    #expect(broken.slope == usual)
  }

  @Test func itStaysWithinReason() {
    #expect(SharingCorrection().factor(-1) == 1 && SharingCorrection().factor(0) == 1)
    // Calls that were the faster, the slower their core: chance.
    #expect(correction(slope: -1, items: 300, calls: 5, seed: 7).slope == 0)
    let steep = correction(slope: 1.9, items: 300, calls: 5, seed: 7)
    #expect(steep.slope == 1.2 && steep.factor(5) == 2)
  }

  @Test(arguments: [SharingScale.alone, .shared]) func levelsAndSlowdownsConvertBothWays(scale: SharingScale) {
    #expect(scale.level(0.9) == 0 && scale.slowdown(0) == 1 && scale.level(2) > scale.level(1.9))
    #expect(scale.level(40) == scale.broken && scale.broken == scale.level(2))
    for slowdown in [1.1, 1.3, 1.9] {
      #expect(abs(scale.slowdown(scale.level(slowdown)) - slowdown) < 1e-12 && scale.level(slowdown) > scale.quiet)
    }
    // What is lost beside a neighbour is mostly lost because it is there where one thread computes alone.
    #expect(SharingScale.alone.level(1.04) == 0 && SharingScale.shared.level(1.5) == log(1.5))
    #expect(abs(SharingScale.alone.level(1.5) - (log(1.5) - 0.05).squareRoot()) < 1e-12)
  }

  @Test func eachSizeOfProductsHasItsOwn() throws {
    func item(_ m: Int, _ k: Int, _ n: Int, threads: Int = 1) throws -> WorkItem {
      WorkItem(try GEMMShape(m: m, k: k, n: n), threads: threads)
    }
    let corrections = SharingCorrections()
    let (tiny, large) = (try item(1, 1, 1), try item(8000, 8000, 8000))
    #expect(corrections[tiny, isAlone: true].slope > corrections[large, isAlone: true].slope)
    let (before, shared) = (
      corrections[large, isAlone: true].slope, corrections[try item(10, 450, 1000, threads: 2), isAlone: false].slope
    )
    corrections[try item(100, 100, 200), isAlone: true] = correction(slope: 0.3, items: 300, calls: 5, seed: 8)
    #expect(
      abs(corrections[try item(10, 450, 1000), isAlone: true].slope - 0.3) < 0.03
        && corrections[large, isAlone: true].slope == before)
    // Of a product that threads share, no core's readings tell all; a small one stays with the calling thread.
    #expect(corrections[try item(10, 450, 1000, threads: 2), isAlone: false].slope == shared)
    #expect(corrections[try item(8000, 8000, 8000, threads: 2), isAlone: false].slope < before)
    #expect(corrections[try item(1, 1, 1, threads: 2), isAlone: true].slope == corrections[tiny, isAlone: true].slope)
  }
}
