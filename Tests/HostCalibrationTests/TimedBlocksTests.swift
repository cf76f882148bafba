import Foundation
import Testing

@testable import HostCalibration

@Suite struct TimedBlocksTests {
  /// Blocks of calls of which some are 1.4 times as long as the others.
  private func blocks(isSteady: Bool, long: Set<Int>, of count: Int, slowdown: Double? = nil) -> TimedBlocks {
    var blocks = TimedBlocks(isAlone: true, isSteady: isSteady)
    for index in 0..<count {
      let seconds = long.contains(index) ? 1.4e-6 : 1e-6 + 1e-9 * Double(index)
      blocks.add(
        .init(secondsOfCall: seconds, seconds: 100 * seconds, isWhole: true, readings: CoreReadings(slowdown: slowdown))
      )
    }
    return blocks
  }

  @Test func ofSteadyCallsThoseBesideANeighbourDoNotCount() {
    let steady = blocks(isSteady: true, long: [0, 2, 5], of: 8)
    #expect(steady.undisturbed.count == 5 && !steady.lacksUndisturbed)
    #expect(steady.samples(atLeast: 5).seconds.allSatisfy { $0 < 1.1e-6 })
    let others = blocks(isSteady: false, long: [0, 2, 5], of: 8)
    #expect(others.undisturbed.count == 8 && others.samples(atLeast: 5).seconds.count == 8)
  }

  @Test func whereFewAreLeftMoreAreWaitedForAndAllCountInTheEnd() {
    let few = blocks(isSteady: true, long: [1, 2, 3, 4, 5], of: 7)
    #expect(few.lacksUndisturbed && few.undisturbed.count == 2)
    #expect(few.samples(atLeast: 5).seconds.allSatisfy { $0 < 1.1e-6 } && few.samples(atLeast: 5).slowdown == nil)
    let one = blocks(isSteady: true, long: [1, 2, 3, 4, 5, 6], of: 7)
    #expect(one.lacksUndisturbed && one.undisturbed.count == 1)
    #expect(one.samples(atLeast: 5).seconds.count == 7 && one.samples(atLeast: 5).slowdown == nil)
    // The readings before and after found nothing; the calls tell.
    let read = blocks(isSteady: true, long: [1, 2, 3, 4, 5, 6], of: 7, slowdown: 1.01)
    #expect(abs((read.samples(atLeast: 5).slowdown ?? 0) - 1.4) < 1e-9)
    #expect(blocks(isSteady: true, long: [1], of: 7, slowdown: 1.01).samples(atLeast: 5).slowdown == 1)
    let shared = blocks(isSteady: true, long: [], of: 7, slowdown: 1.3)
    #expect(shared.lacksUndisturbed && shared.samples(atLeast: 5).slowdown == 1.3)
  }

  /// Two calls between quiet moments tell more than all of those that a neighbour made longer.
  @Test func twoCallsThatEscapedAreEnough() {
    var blocks = TimedBlocks(isAlone: true, isSteady: false)
    for (seconds, slowdown) in [(1.4e-3, 1.4), (1e-3, 1.01), (1.5e-3, 1.4), (1.02e-3, 1.02), (1.4e-3, 1.3)] {
      blocks.add(
        .init(secondsOfCall: seconds, seconds: seconds, isWhole: true, readings: CoreReadings(slowdown: slowdown)))
    }
    #expect(blocks.samples(atLeast: 2).seconds == [1e-3, 1.02e-3] && blocks.samples(atLeast: 2).slowdown == 1)
  }

  /// Long calls that were sampled count as on a core of their own, whatever others did there.
  @Test func longCallsAreCorrectedByReadingsWithin() {
    let correction = SharingCorrection()
    var blocks = TimedBlocks(isAlone: false, isSteady: false, correction: correction)
    for level in [0.2, 0.4, 0] {
      let seconds = 0.1 * correction.factor(level)
      blocks.add(
        .init(
          secondsOfCall: seconds, seconds: seconds, isWhole: true,
          readings: CoreReadings(level: level, count: 20, areWithin: true)))
    }
    let samples = blocks.samples(atLeast: 2)
    #expect(samples.seconds.allSatisfy { abs($0 - 0.1) < 1e-12 } && samples.slowdown == 1)
    #expect(abs(samples.factor - (1 + correction.factor(0.2) + correction.factor(0.4)) / 3) < 1e-12)
    #expect(!blocks.lacksUndisturbed && blocks.callsWithReadings.map(\.level) == [0.2, 0.4, 0])
    #expect(
      blocks.callsWithReadings.map(\.seconds).max() == 0.1 * correction.factor(0.4)
        && blocks.callsWithReadings[0].isSampled)
    blocks.removeAll()
    #expect(blocks.samples(atLeast: 2).factor == 1 && blocks.callsWithReadings.isEmpty)
  }

  /// Where no two short calls escaped, those beside the neighbour count, made as short as they would have been, and the
  /// slowdown says that it was there.
  @Test func whereNoneEscapedReadingsBesideCorrect() {
    let correction = SharingCorrection()
    var blocks = TimedBlocks(isAlone: true, isSteady: false, correction: correction)
    for level in [0.3, 0.4, 0.35] {
      let seconds = 1e-3 * correction.factor(level)
      blocks.add(
        .init(
          secondsOfCall: seconds, seconds: seconds, isWhole: true,
          readings: CoreReadings(slowdown: exp(level), level: level, count: level < 0.4 ? 2 : 0)))
    }
    blocks.add(
      .init(
        secondsOfCall: 9e-4, seconds: 9e-4, isWhole: true, readings: CoreReadings(slowdown: 1.02, level: 0.02, count: 2)
      ))
    let samples = blocks.samples(atLeast: 2)
    #expect(samples.seconds.prefix(3).allSatisfy { abs($0 - 1e-3) < 1e-12 } && samples.seconds.last == 9e-4)
    #expect(samples.slowdown ?? 0 > 1.3 && samples.factor > 1.1 && blocks.lacksUndisturbed)
    // A level that changed while the calls went on teaches nothing.
    #expect(blocks.callsWithReadings.map(\.level) == [0.3, 0.35, 0.02])
  }

  @Test func removingForgetsAll() {
    var some = blocks(isSteady: true, long: [], of: 5)
    some.removeAll()
    #expect(some.count == 0 && some.seconds == 0 && !some.lacksUndisturbed)
  }

  /// Operands that come nearer with every call, and then stay; and some that were there from the first.
  @Test func callsWhoseOperandsAreOnTheirWayAreForgotten() {
    func left(of times: [Double]) -> [Double] {
      var blocks = TimedBlocks(isAlone: true, isSteady: false)
      for time in times { blocks.add(.init(secondsOfCall: time, seconds: time, isWhole: true)) }
      blocks.forgetApproach()
      return blocks.undisturbed
    }
    #expect(left(of: [1.4, 1.2, 1.1, 1.02, 1, 1.05, 1.01]) == [1.02, 1, 1.05, 1.01])
    #expect(left(of: [1.01, 1.3, 1]) == [1.01, 1.3, 1])
    #expect(left(of: [2]) == [2] && left(of: []) == [])
  }
}
