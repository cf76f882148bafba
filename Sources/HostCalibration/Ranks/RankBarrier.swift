internal import Foundation
internal import Synchronization

/// Where the ranks of a group wait for each other, in memory that they share.
///
/// Each has a counter of its own on a cache line of its own: nobody writes where another does. A rank that waits spins for a
/// moment, then gives its core away between looks.
public final class RankBarrier {
  private let counters: UnsafeMutablePointer<Atomic<Int>>
  private let decision: UnsafeMutablePointer<Atomic<Int>>
  private let rank: Int
  private let ranks: Int
  private let parent: pid_t
  private var passed = 0

  /// Counters' distance: two cache lines, as processors fetch lines in pairs.
  private static let stride = 16
  private static let spins = 20_000
  /// Looks at whether the parent lives: one of so many.
  private static let looks = 1024

  /// Bytes at the region's start that barriers of so many ranks take.
  public static func bytes(ranks: Int) -> Int { (ranks + 1) * stride * MemoryLayout<Int>.size }

  /// The barrier of one rank, at the start of a region that was zero when the first rank came.
  public init(_ region: SharedRegion, rank: Int, ranks: Int) {
    counters = region.start.bindMemory(to: Atomic<Int>.self, capacity: (ranks + 1) * Self.stride)
    decision = counters + ranks * Self.stride
    (self.rank, self.ranks, parent) = (rank, ranks, getppid())
  }

  /// Waits until all ranks have come; false when the parent, which would end a group whose rank died, is gone.
  public func wait() -> Bool {
    passed += 1
    counters[rank * Self.stride].store(passed, ordering: .releasing)
    for other in 0..<ranks where other != rank {
      var looks = 0
      while counters[other * Self.stride].load(ordering: .acquiring) < passed {
        looks += 1
        guard looks > Self.spins else { continue }
        sched_yield()
        if looks.isMultiple(of: Self.looks), getppid() != parent { return false }
      }
    }
    return true
  }

  /// Waits for all ranks and gives each what the first of them says; nil as ``wait()`` gives false.
  ///
  /// Between two decisions there must be another wait.
  public func agree(_ own: Int) -> Int? {
    if rank == 0 { decision[0].store(own, ordering: .releasing) }
    guard wait() else { return nil }
    return decision[0].load(ordering: .acquiring)
  }
}
