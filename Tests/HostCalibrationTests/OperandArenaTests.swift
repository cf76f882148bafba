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
