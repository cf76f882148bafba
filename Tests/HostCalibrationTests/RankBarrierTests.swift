import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HostCalibration

/// What went wrong on any of several threads.
private final class Faults: Sendable {
  private let number = Atomic<Int>(0)
  var count: Int { number.load(ordering: .relaxed) }
  func add() { number.add(1, ordering: .relaxed) }
}

@Suite struct RankBarrierTests {
  /// Threads stand for processes here: each sees what all others wrote before the barrier.
  @Test(arguments: [2, 3]) func nobodyPassesBeforeAllHaveCome(ranks: Int) throws {
    let rounds = 300
    let cells = RankBarrier.bytes(ranks: ranks)
    let region = try SharedRegion(bytes: cells + ranks * 8)
    let faults = Faults()
    onThreads(ranks) { rank in
      let barrier = RankBarrier(region, rank: rank, ranks: ranks)
      let words = (region.start + cells).bindMemory(to: Int.self, capacity: ranks)
      for round in 1...rounds {
        words[rank] = round
        guard barrier.wait() else { return }
        for other in 0..<ranks where words[other] != round { faults.add() }
        // What the first says holds for all, and parts this round's readings from the next one's writings.
        guard barrier.agree(rank == 0 ? 7 * round : -1) == 7 * round else {
          faults.add()
          return
        }
        guard barrier.wait() else { return }
      }
    }
    #expect(faults.count == 0)
  }

  @Test func aRegionIsSeenThroughItsOpenFileAndNoFurther() throws {
    let region = try SharedRegion(bytes: 10_000)
    let second = try SharedRegion(descriptor: dup(region.descriptor), bytes: 10_000)
    region.start.storeBytes(of: 42, toByteOffset: 9_992, as: Int.self)
    #expect(second.start.load(fromByteOffset: 9_992, as: Int.self) == 42)
    #expect(throws: CalibrationError.self) {
      try SharedRegion(descriptor: region.descriptor, bytes: 1 << 40)
    }
    #expect(throws: CalibrationError.self) { try SharedRegion(descriptor: -1, bytes: 8) }
  }
}
