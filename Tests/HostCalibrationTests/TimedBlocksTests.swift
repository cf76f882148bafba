import GEMMTiming
import Testing

@testable import HostCalibration

@Suite(.serialized) struct TimedBlocksTests {
  private func calls() throws -> CallRunner {
    let arena = OperandArena(limit: 1e8, coldBytes: 1e6, seed: 1)
    return try CallRunner(item: WorkItem(try GEMMShape(m: 8, k: 8, n: 8), threads: 1), arena: arena)
  }

  /// Blocks of calls of which some are 1.4 times as long as the others.
  private func blocks(isSteady: Bool, long: Set<Int>, of count: Int, slowdown: Double? = nil) -> TimedBlocks {
    var blocks = TimedBlocks(threads: 1, clockCost: 0, pace: nil, isSteady: isSteady)
    for index in 0..<count {
      let seconds = long.contains(index) ? 1.4e-6 : 1e-6 + 1e-9 * Double(index)
      blocks.add(.init(secondsOfCall: seconds, seconds: 100 * seconds, isWhole: true, slowdown: slowdown))
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
    // The pace before and after found nothing; the calls tell.
    let paced = blocks(isSteady: true, long: [1, 2, 3, 4, 5, 6], of: 7, slowdown: 1.01)
    #expect(abs((paced.samples(atLeast: 5).slowdown ?? 0) - 1.4) < 1e-9)
    #expect(blocks(isSteady: true, long: [1], of: 7, slowdown: 1.01).samples(atLeast: 5).slowdown == 1)
    let shared = blocks(isSteady: true, long: [], of: 7, slowdown: 1.3)
    #expect(shared.lacksUndisturbed && shared.samples(atLeast: 5).slowdown == 1.3)
  }

  /// Two calls between quiet moments tell more than all of those that a neighbour made longer.
  @Test func twoCallsThatEscapedAreEnough() {
    var blocks = TimedBlocks(threads: 1, clockCost: 0, pace: nil, isSteady: false)
    for (seconds, slowdown) in [(1.4e-3, 1.4), (1e-3, 1.01), (1.5e-3, 1.4), (1.02e-3, 1.02), (1.4e-3, 1.3)] {
      blocks.add(.init(secondsOfCall: seconds, seconds: seconds, isWhole: true, slowdown: slowdown))
    }
    #expect(blocks.samples(atLeast: 2).seconds == [1e-3, 1.02e-3] && blocks.samples(atLeast: 2).slowdown == 1)
  }

  @Test func restartingForgetsAll() {
    var some = blocks(isSteady: true, long: [], of: 5)
    some.restart()
    #expect(some.count == 0 && some.seconds == 0 && !some.lacksUndisturbed)
  }

  /// Operands that come nearer with every call, and then stay; and some that were there from the first.
  @Test func callsWhoseOperandsAreOnTheirWayAreForgotten() {
    func left(of times: [Double]) -> [Double] {
      var blocks = TimedBlocks(threads: 1, clockCost: 0, pace: nil, isSteady: false)
      for time in times { blocks.add(.init(secondsOfCall: time, seconds: time, isWhole: true, slowdown: nil)) }
      blocks.forgetApproach()
      return blocks.undisturbed
    }
    #expect(left(of: [1.4, 1.2, 1.1, 1.02, 1, 1.05, 1.01]) == [1.02, 1, 1.05, 1.01])
    #expect(left(of: [1.01, 1.3, 1]) == [1.01, 1.3, 1])
    #expect(left(of: [2]) == [2] && left(of: []) == [])
  }

  @Test func realCallsAreTimed() throws {
    var calls = try calls()
    var blocks = TimedBlocks(threads: 1, clockCost: 0, pace: nil, isSteady: true)
    let seconds = blocks.time(200, of: &calls)
    #expect(seconds > 0 && blocks.seconds == seconds && blocks.count == 1)
    #expect(blocks.samples(atLeast: 1).slowdown == nil)
  }
}
