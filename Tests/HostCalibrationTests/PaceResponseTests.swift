import Foundation
import GEMMTiming
import SeededRandom
import Testing

@testable import HostCalibration

@Suite struct PaceResponseTests {
  /// Teaches calls of products of all lengths, each beside another pace, whose speed falls by a planted slope.
  private func response(
    slope: Double, noise: Double = 0, paces: ClosedRange<Double> = 0...0.5, isWatched: Bool = true, items: Int,
    calls: Int, seed: UInt64
  ) -> PaceResponse {
    var generator = SplitMix64(seed: seed)
    var response = PaceResponse()
    for _ in 0..<items {
      let own = exp(Double.random(in: -5...1, using: &generator))
      response.learn(
        (0..<calls).map { _ in
          let pace = Double.random(in: paces, using: &generator)
          let error = exp(Double.random(in: -noise...noise, using: &generator))
          return PaceResponse.Call(
            seconds: own / (1 - slope * pace) * error, pace: pace, readings: Int.random(in: 3...80, using: &generator),
            isWatched: isWatched)
        })
    }
    return response
  }

  @Test(arguments: [0.2, 0.5, 0.9]) func theSlopeIsLearntThroughNoise(slope: Double) {
    let learnt = response(slope: slope, noise: 0.05, items: 300, calls: 5, seed: 3)
    #expect(abs(learnt.slope - slope) < 0.03)
    #expect(abs(learnt.excess(0.4) - 1 / (1 - 0.4 * learnt.slope)) < 1e-12)
  }

  /// Long calls that were never without a neighbour tell the quiet core's speed all the same.
  @Test func theSlopeIsThatFromAFullSpeedDown() {
    #expect(abs(response(slope: 0.6, paces: 0.3...0.5, items: 2000, calls: 5, seed: 4).slope - 0.6) < 0.01)
  }

  @Test func shortCallsTeachWhereOneOfThemEscaped() {
    let usual = PaceResponse().slope
    #expect(response(slope: 0.9, paces: 0.2...0.5, isWatched: false, items: 300, calls: 5, seed: 4).slope == usual)
    // Two escape in each visit, and the others are slowed from full speed down.
    var learnt = PaceResponse()
    var generator = SplitMix64(seed: 4)
    for _ in 0..<300 {
      let paces = [0, 0.01] + (0..<20).map { _ in Double.random(in: 0.2...0.6, using: &generator) }
      learnt.learn(paces.map { .init(seconds: 1e-6 / (1 - 0.9 * $0), pace: $0, readings: 2) })
    }
    #expect(abs(learnt.slope - 0.9) < 0.02)
  }

  @Test func littleThatWasSeenMovesItLittle() {
    let usual = PaceResponse().slope
    #expect(abs(response(slope: 0.9, items: 1, calls: 2, seed: 5).slope - usual) < 0.2)
    // A call alone tells nothing, nor do calls that all had the same pace.
    #expect(response(slope: 0.9, items: 50, calls: 1, seed: 5).slope == usual)
    let same = response(slope: 0.9, noise: 0.1, paces: 0.3...0.3, items: 50, calls: 5, seed: 5)
    #expect(abs(same.slope - usual) < 1e-9)
    // A reading that was broken into is no pace.
    var broken = PaceResponse()
    broken.learn((0..<50).map { .init(seconds: Double(1 + $0 % 2), pace: Double($0 % 2), readings: 20) })
    #expect(broken.slope == usual)
  }

  @Test func itStaysWithinReason() {
    #expect(PaceResponse().excess(-1) == 1 && PaceResponse().excess(0) == 1)
    // Calls that were the faster, the slower their core: chance.
    #expect(response(slope: -1, items: 300, calls: 5, seed: 7).slope == 0)
    let steep = response(slope: 1.9, items: 300, calls: 5, seed: 7)
    #expect(steep.slope == 1.2 && steep.excess(5) == 2)
  }

  @Test(arguments: [PaceScale.alone, .shared]) func aPaceIsToldBothWays(scale: PaceScale) {
    #expect(scale.pace(0.9) == 0 && scale.slowdown(0) == 1 && scale.pace(2) > scale.pace(1.9))
    #expect(scale.pace(40) == scale.broken && scale.broken == scale.pace(2))
    for slowdown in [1.1, 1.3, 1.9] {
      #expect(abs(scale.slowdown(scale.pace(slowdown)) - slowdown) < 1e-12 && scale.pace(slowdown) > scale.quiet)
    }
    // What is lost beside a neighbour is mostly lost by his being there where one thread computes alone.
    #expect(PaceScale.alone.pace(1.04) == 0 && PaceScale.shared.pace(1.5) == log(1.5))
    #expect(abs(PaceScale.alone.pace(1.5) - (log(1.5) - 0.05).squareRoot()) < 1e-12)
  }

  @Test func eachSizeOfProductsHasItsOwn() throws {
    func item(_ m: Int, _ k: Int, _ n: Int, threads: Int = 1) throws -> WorkItem {
      WorkItem(try GEMMShape(m: m, k: k, n: n), threads: threads)
    }
    let responses = PaceResponses()
    let (tiny, large) = (try item(1, 1, 1), try item(8000, 8000, 8000))
    #expect(responses[tiny, isAlone: true].slope > responses[large, isAlone: true].slope)
    let (before, shared) = (
      responses[large, isAlone: true].slope, responses[try item(10, 450, 1000, threads: 2), isAlone: false].slope
    )
    responses[try item(100, 100, 200), isAlone: true] = response(slope: 0.3, items: 300, calls: 5, seed: 8)
    #expect(
      abs(responses[try item(10, 450, 1000), isAlone: true].slope - 0.3) < 0.03
        && responses[large, isAlone: true].slope == before)
    // Of a product that threads share, no core's pace tells all; a small one stays with the calling thread.
    #expect(responses[try item(10, 450, 1000, threads: 2), isAlone: false].slope == shared)
    #expect(responses[try item(8000, 8000, 8000, threads: 2), isAlone: false].slope < before)
    #expect(responses[try item(1, 1, 1, threads: 2), isAlone: true].slope == responses[tiny, isAlone: true].slope)
  }
}
