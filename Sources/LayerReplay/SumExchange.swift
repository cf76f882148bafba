internal import HostCalibration

/// Sums that all ranks of a host need of what each has a part of, through memory that they share.
///
/// Each rank copies its part into its slot, waits for the others, and adds all slots up in the order of the ranks, so that all
/// get the same sum. Two sets of slots take turns: a rank that is ahead writes where nobody reads any more.
final class SumExchange {
  private let barrier: RankBarrier
  private let slots: UnsafeMutablePointer<Float>
  private let (rank, ranks, length): (Int, Int, Int)
  private var turn = 0

  /// Bytes of the shared memory for sums of so many floats.
  static func bytes(ranks: Int, floats: Int) -> Int {
    RankBarrier.bytes(ranks: ranks) + 2 * ranks * slot(floats) * MemoryLayout<Float>.size
  }

  private static func slot(_ floats: Int) -> Int { (floats + 15) / 16 * 16 }

  /// One rank's side.
  init(_ region: SharedRegion, barrier: RankBarrier, rank: Int, ranks: Int, floats: Int) {
    self.barrier = barrier
    let first = region.start + RankBarrier.bytes(ranks: ranks)
    (self.rank, self.ranks, length) = (rank, ranks, Self.slot(floats))
    slots = first.bindMemory(to: Float.self, capacity: 2 * ranks * length)
  }

  /// Replaces `count` floats by their sum over all ranks; false when the group is at its end.
  func sum(_ x: UnsafeMutablePointer<Float>, count: Int) -> Bool {
    let set = slots + turn * ranks * length
    turn = 1 - turn
    VectorKernel.copy(x, to: set + rank * length, count: count)
    guard barrier.wait() else { return false }
    VectorKernel.sum((0..<ranks).map { UnsafePointer(set + $0 * length) }, to: x, count: count)
    return true
  }
}
