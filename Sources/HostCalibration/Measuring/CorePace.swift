/// Tells whether the core runs at its usual pace at this moment: small products, timed between blocks of calls.
///
/// Where the hardware threads of a core belong to different guests, a product takes 1.3 to 1.5 times as long while the
/// other thread is at work: on a cloud's Emerald Rapids cores for a tenth of a millisecond to ten milliseconds at a time,
/// and for a second now and then. A few products of 32 in each dimension take about 7 µs and 12 KB of the first cache:
/// they feel that, and leave the operands of the products around them where they are.
final class CorePace {
  private let region: OperandRegion
  private var history = PaceHistory()

  /// From which slowdown on the core counts as shared: readings on a quiet core differ by a few percent, and lie above the
  /// usual one; those beside a neighbour are 1.25 times that and more.
  static let shared = 1.1

  private static let extent = 32
  private static let calls = 8
  /// Products before those that are timed: large operands between two readings leave neither the small ones nor the
  /// kernel's code in the near caches, and fetching them again takes as long as a neighbour's share.
  private static let fetchingCalls = 3
  /// Readings of all cores before the first judgement.
  private static let firstReadings = 100
  /// Where the operands begin, in floats: at different distances from a page's start, as those of an ``OperandArena``.
  private static let (b, c, end) = (1024 + 336, 2048 + 672, 3072 + 672)

  /// A pace with operands of its own; without memory for them, every moment counts as usual.
  init(seed: UInt64) {
    region = OperandRegion(most: Self.end, seed: seed)
    _ = region.fill(Self.end)
  }

  /// Takes first readings of a core, one of so many, a millisecond apart: a neighbour who was there all the while would be
  /// the usual.
  func learn(oneOf cores: Int) {
    for _ in 0..<Self.firstReadings / max(1, cores) {
      _ = slowdown()
      guard let start = region.start else { return }
      let next = MonotonicClock.now() + 1e-3
      while MonotonicClock.now() < next { multiply(Self.calls, at: start) }
    }
  }

  /// Takes a reading, and says how many times as long as usual it took.
  func slowdown() -> Double {
    guard let start = region.start else { return 1 }
    multiply(Self.fetchingCalls, at: start)
    let begin = MonotonicClock.now()
    multiply(Self.calls, at: start)
    return history.slowdown(MonotonicClock.now() - begin)
  }

  private func multiply(_ count: Int, at start: UnsafeMutablePointer<Float>) {
    for _ in 0..<count {
      OpenBLAS.sgemm(
        m: Self.extent, k: Self.extent, n: Self.extent, a: start, b: start + Self.b, c: start + Self.c)
    }
  }
}

/// The readings of a core's pace half a minute back, and what is usual among them.
struct PaceHistory {
  private var readings: [Double] = []
  private var oldest = 0
  private var count = 0
  /// One of so many readings is kept.
  private var thinning = 1
  private var usual = 0.0

  /// Readings that are kept, and one of how many is in the end: some thousand are taken in a second, and a neighbour who
  /// stays for a few must not become the usual, but a clock that falls as the machine warms must.
  private static let capacity = 2048
  private static let mostThinning = 64
  /// After how many readings the usual is told anew.
  private static let interval = 256
  /// The readings' share that surely counts as undisturbed: on a quiet core all but the slowest lie within 5 %, and there
  /// are minutes in which a core is quiet for less than a tenth of the time.
  private static let undisturbed = 0.03

  init() { readings.reserveCapacity(Self.capacity) }

  /// Takes a reading of so many seconds, and says how many times the usual that is.
  ///
  /// O(1), and O(n log n) in the readings kept every 256th time.
  mutating func slowdown(_ seconds: Double) -> Double {
    count += 1
    if count.isMultiple(of: thinning) { keep(seconds) }
    if count.isMultiple(of: Self.interval) || count < Self.interval && count.nonzeroBitCount == 1 {
      usual = readings.sorted()[Int(Self.undisturbed * Double(readings.count))]
    }
    // A clock too coarse to see a reading tells no pace.
    return usual > 0 ? seconds / usual : 1
  }

  /// Keeps a reading: evenly many of each moment so far, until they span half a minute and the oldest make room.
  private mutating func keep(_ seconds: Double) {
    if readings.count == Self.capacity, thinning < Self.mostThinning {
      // In place: the heap is not to move while calls are timed.
      for index in 0..<Self.capacity / 2 { readings[index] = readings[2 * index + 1] }
      readings.removeLast(Self.capacity / 2)
      thinning *= 2
    }
    if readings.count < Self.capacity {
      readings.append(seconds)
    } else {
      readings[oldest] = seconds
      oldest = (oldest + 1) % Self.capacity
    }
  }
}
