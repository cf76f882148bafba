import GEMMTiming
import Testing

@testable import HostCalibration

@Suite struct OperandArenaTests {
  @Test(arguments: [1, 2, 3, 4, 5, 8, 12, 100, 1023, 1024, 6_765])
  func theStrideVisitsEverySlot(slots: Int) {
    let stride = OperandArena.stride(slots)
    var slot = 0
    var seen: Set<Int> = []
    for _ in 0..<slots {
      slot += stride
      if slot >= slots { slot -= slots }
      seen.insert(slot)
    }
    #expect(seen.count == slots)
  }

  @Test func coldSlotsFillTheCacheTwiceAndHotOnesAreOne() throws {
    let arena = OperandArena(limit: 1e8, coldBytes: 2e6, seed: 1)
    let shape = try GEMMShape(m: 16, k: 32, n: 48)
    let hot = try arena.prepare(WorkItem(shape, threads: 1))
    #expect(hot.slots == 1)
    let cold = try arena.prepare(WorkItem(shape, threads: 1, cache: .cold))
    #expect(4 * Double(cold.inputFloats + cold.outputFloats) >= 2e6)
    #expect(hot.a == 16 * 32 && hot.b == 32 * 48 && hot.c == 16 * 48)
  }

  @Test func aSequenceWalksThroughWeightsAndKeepsActivations() throws {
    let arena = OperandArena(limit: 1e8, coldBytes: 2e6, seed: 1)
    let shape = try GEMMShape(m: 16, k: 32, n: 48)
    let layout = try arena.prepare(WorkItem(shape, threads: 1, cache: .sequence, layout: .nt))
    #expect(layout.aStep == 0 && layout.cStep == 0 && layout.bStep == 32 * 48)
    #expect(4 * Double(layout.slots * layout.bStep) >= 2e6)
    #expect(layout.inputFloats >= layout.bStart + layout.slots * layout.bStep)
    // Less memory than that: as many as fit.
    let small = OperandArena(limit: 1e5, coldBytes: 2e6, seed: 1)
    let few = try small.prepare(WorkItem(shape, threads: 1, cache: .sequence))
    #expect(few.slots > 1 && 4 * Double(few.slots * few.bStep) <= 1e5)
  }

  @Test(arguments: OperandLayout.allCases, TimingRow.CacheState.allCases)
  func resultsAreRightHoweverOperandsLie(layout: OperandLayout, cache: TimingRow.CacheState) throws {
    let arena = OperandArena(limit: 1e8, coldBytes: 1e6, seed: 3)
    let item = WorkItem(try GEMMShape(m: 5, k: 37, n: 23, batch: 2), threads: 1, cache: cache, layout: layout)
    var calls = try CallRunner(item: item, arena: arena)
    var seed: UInt64 = 4
    for _ in 0..<3 {
      _ = calls.time(3)
      try calls.checkResult(seed: &seed)
    }
  }

  @Test func operandsAreRandomWithinOneAndReproducible() throws {
    func values(seed: UInt64) throws -> [Float] {
      let arena = OperandArena(limit: 1e8, coldBytes: 0, seed: seed)
      let layout = try arena.prepare(WorkItem(try GEMMShape(m: 800, k: 700, n: 10), threads: 1))
      let input = try #require(arena.input)
      return (0..<layout.inputFloats).map { input[$0] }
    }
    let first = try values(seed: 1)
    #expect(first.allSatisfy { abs($0) <= 1 })
    #expect(abs(first.reduce(0, +) / Float(first.count)) < 0.01)
    #expect(try values(seed: 1) == first)
    #expect(try values(seed: 2) != first)
    // The values repeat with a prime period.
    #expect(first[5] == first[5 + 262_139])
  }
}
