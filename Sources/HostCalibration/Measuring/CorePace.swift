/// Tells whether the core runs at its usual pace at this moment: a probe's readings between blocks of calls.
///
/// Where the hardware threads of a core belong to different guests, a product takes 1.3 to 1.5 times as long while the
/// other thread is at work: on a cloud's Emerald Rapids cores for a tenth of a millisecond to ten milliseconds at a time,
/// and for a second now and then.
final class CorePace {
  private let probe: PaceProbe
  private var history = PaceHistory()

  /// From which slowdown on the core counts as shared: readings on a quiet core differ by a few percent, and lie above the
  /// usual one; those beside a neighbour are 1.25 times that and more.
  static let shared = 1.1

  /// Readings of all cores before the first judgement.
  private static let firstReadings = 100

  /// A pace with a probe of its own; without memory for it, every moment counts as usual.
  init(seed: UInt64) { probe = PaceProbe(seed: seed) }

  /// Takes first readings of a core, one of so many, a millisecond apart: a neighbour who was there all the while would be
  /// the usual.
  func learn(oneOf cores: Int) {
    for _ in 0..<Self.firstReadings / max(1, cores) {
      _ = slowdown()
      probe.work(seconds: 1e-3)
    }
  }

  /// Takes a reading, and says how many times as long as usual it took.
  func slowdown() -> Double { probe.reading().map { history.slowdown($0) } ?? 1 }

  /// What a slowdown is over a quiet core's readings, on a scale.
  func pace(_ slowdown: Double, on scale: PaceScale) -> Double { history.pace(slowdown, on: scale) }
}

/// The readings of a core's pace half a minute back, and what is usual among them.
struct PaceHistory {
  private var readings: [Double] = []
  private var oldest = 0
  private var count = 0
  /// One of so many readings is kept.
  private var thinning = 1
  private var usual = 0.0
  /// What a reading of a core that is not shared takes in the median, over the usual one.
  private(set) var quiet = 1.0

  /// Readings that are kept, and one of how many is in the end: some thousand are taken in a second, and a neighbour who
  /// stays for a few must not become the usual, but a clock that falls as the machine warms must.
  private static let capacity = 2048
  private static let mostThinning = 64
  /// After how many readings the usual is told anew.
  private static let interval = 256
  /// The readings' share that surely counts as undisturbed: on a quiet core all but the slowest lie within 5 %, and there
  /// are half minutes in which a core is quiet for a hundredth of the time (what was measured in them came out 10 % too
  /// long with a share of 0.03).
  private static let undisturbed = 0.005

  init() { readings.reserveCapacity(Self.capacity) }

  /// What a slowdown is over a quiet core's readings, on a scale.
  func pace(_ slowdown: Double, on scale: PaceScale) -> Double { scale.pace(slowdown / quiet) }

  /// Takes a reading of so many seconds, and says how many times the usual that is.
  ///
  /// O(1), and O(n log n) in the readings kept every 256th time.
  mutating func slowdown(_ seconds: Double) -> Double {
    count += 1
    if count.isMultiple(of: thinning) { keep(seconds) }
    if count.isMultiple(of: Self.interval) || count < Self.interval && count.nonzeroBitCount == 1 {
      let ascending = readings.sorted()
      usual = ascending[Int(Self.undisturbed * Double(ascending.count))]
      let own = ascending.firstIndex { $0 >= CorePace.shared * usual } ?? ascending.count
      quiet = usual > 0 ? ascending[own / 2] / usual : 1
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
