/// Small products whose time tells how fast their core is at this moment.
///
/// A few products of 32 in each dimension take 5 to 12 µs and 12 KB of the first cache. They slow down when other work shares
/// the core, and leave the operands of the calls around them where they are. Use one from one thread at a time.
final class ProbeKernel {
  private let region: OperandRegion

  private static let extent = 32
  private static let calls = 8
  /// Products before those that are timed: large operands between two readings push these and the kernel's code out of the
  /// near caches, and fetching them again takes as long as a neighbour costs.
  private static let fetchingCalls = 3
  /// Where the operands begin, in floats: at different distances from a page's start, as those of an ``OperandArena``.
  private static let (b, c, end) = (1024 + 336, 2048 + 672, 3072 + 672)

  /// A probe with operands of its own.
  init(seed: UInt64) {
    region = OperandRegion(most: Self.end, seed: seed)
    _ = region.fill(Self.end)
  }

  /// Seconds that the products take now; nil where there is no memory for them.
  func reading() -> Double? {
    guard let start = region.start else { return nil }
    multiply(Self.fetchingCalls, at: start)
    let begin = MonotonicClock.now()
    multiply(Self.calls, at: start)
    return MonotonicClock.now() - begin
  }

  /// Keeps the core at such products for so many seconds.
  func work(seconds: Double) {
    let end = MonotonicClock.now() + seconds
    guard let start = region.start else { return }
    while MonotonicClock.now() < end { multiply(Self.calls, at: start) }
  }

  private func multiply(_ count: Int, at start: UnsafeMutablePointer<Float>) {
    for _ in 0..<count {
      OpenBLAS.sgemm(
        m: Self.extent, k: Self.extent, n: Self.extent, a: start, b: start + Self.b, c: start + Self.c)
    }
  }
}
