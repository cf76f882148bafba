internal import Foundation

/// Memory for floats, given out piece by piece: each piece begins on a cache line.
///
/// It lies on huge pages where the system gives them, as calibration's operands do. Between two pieces is a third of a page:
/// pieces of whole pages would all begin at the same distance from a page's start, and stores would be taken for loads.
public final class FloatMemory {
  private let start: UnsafeMutablePointer<Float>
  private let capacity: Int
  private var used = 0

  /// Floats of a cache line, and of the gap.
  private static let (line, gap) = (16, 336)
  private static let hugePageBytes = 2 << 20

  /// Memory for pieces of the given numbers of floats; nil where the system gives none.
  public init?(pieces: [Int]) {
    capacity = Self.floats(for: pieces)
    var pointer: UnsafeMutableRawPointer?
    guard capacity <= Int.max / 8, posix_memalign(&pointer, Self.hugePageBytes, max(capacity, 1) * 4) == 0,
      let pointer
    else { return nil }
    #if os(Linux)
    // A wish: where the system has no huge pages for us, it lies on small ones.
    _ = madvise(pointer, capacity * 4, MADV_HUGEPAGE)
    #endif
    start = pointer.bindMemory(to: Float.self, capacity: capacity)
    // Every page is touched, and no product begins with numbers that nobody wrote.
    start.update(repeating: 0, count: capacity)
  }

  deinit { free(start) }

  /// Floats that pieces take together.
  public static func floats(for pieces: [Int]) -> Int { pieces.reduce(0) { $0 + place($1) } }

  /// The next piece; nil when there is no room left.
  public func piece(_ count: Int) -> UnsafeMutablePointer<Float>? {
    let length = Self.place(count)
    guard count >= 0, used + length <= capacity else { return nil }
    defer { used += length }
    return start + used
  }

  private static func place(_ count: Int) -> Int { (count + line - 1) / line * line + gap }
}
