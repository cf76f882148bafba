import GEMMTiming
import Testing

@testable import HostCalibration

@Suite(.serialized) struct BlockTimerTests {
  @Test func realCallsAreTimedAndTheirCoreRead() throws {
    let arena = OperandArena(limit: 1e8, coldBytes: 1e6, seed: 1)
    let calls = try CallRunner(item: WorkItem(try GEMMShape(m: 8, k: 8, n: 8), threads: 1), arena: arena)
    var timer = BlockTimer(
      calls, isAlone: true, streams: false, scale: .alone, slowdown: CoreSlowdown(seed: 1), sampler: nil, clockCost: 0)
    let block = timer.time(200, expecting: 1e-5)
    #expect(block.seconds > 0 && block.secondsOfCall > 0 && block.secondsOfCall <= block.seconds / 200)
    #expect(!block.readings.areWithin && timer.call(1) > 0)
  }
}
