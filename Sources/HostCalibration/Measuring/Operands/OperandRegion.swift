internal import Foundation
internal import SeededRandom

/// A run of memory whose beginning holds random values in [−1, 1].
///
/// It is asked for once, as long as it may ever become, and touched only as far as it is filled: growing costs no second
/// filling. It lies on huge pages where the system gives them, so that which physical pages a process got does not
/// decide a shape's time.
final class OperandRegion {
  /// Where it begins; nil while nothing is filled.
  private(set) var start: UnsafeMutablePointer<Float>?
  /// Floats that are filled.
  private(set) var filled = 0
  private var capacity = 0
  private let most: Int
  private let seed: UInt64

  /// The usual huge page of 64-bit processors.
  private static let hugePageBytes = 2 << 20
  /// The values repeat after so many, a prime: drawing each of a gigabyte's would take longer than measuring.
  private static let period = 262_139

  /// An empty region that may come to hold `most` floats.
  init(most: Int, seed: UInt64) {
    self.most = max(most, Self.period)
    self.seed = seed
  }

  deinit { release() }

  /// Gives the memory back.
  func release() {
    free(start)
    (start, filled, capacity) = (nil, 0, 0)
  }

  /// Fills the first `count` floats, as far as they are not yet; false where the system has no room for them.
  func fill(_ count: Int) -> Bool {
    if count <= filled { return true }
    if count > capacity {
      release()
      // A system that promises no more than it has may refuse the most, and give what is needed.
      for floats in [max(most, count), max(count, Self.period)] {
        if let memory = Self.allocate(floats) {
          (start, capacity) = (memory, floats)
          break
        }
      }
    }
    guard let start else { return false }
    if filled == 0 {
      var generator = SplitMix64(seed: seed)
      for index in 0..<Self.period { start[index] = Float(Int64(bitPattern: generator.next()) >> 39) * 0x1p-24 }
      filled = Self.period
    }
    while filled < count {
      let phase = filled % Self.period
      let length = min(count - filled, Self.period - phase)
      (start + filled).update(from: start + phase, count: length)
      filled += length
    }
    return true
  }

  private static func allocate(_ floats: Int) -> UnsafeMutablePointer<Float>? {
    var pointer: UnsafeMutableRawPointer?
    guard floats <= Int.max / 4, posix_memalign(&pointer, hugePageBytes, floats * 4) == 0, let pointer else {
      return nil
    }
    #if os(Linux)
    // A wish: where the system has no huge pages for us, the region lies on small ones.
    _ = madvise(pointer, floats * 4, MADV_HUGEPAGE)
    #endif
    return pointer.bindMemory(to: Float.self, capacity: floats)
  }
}
