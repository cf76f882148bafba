/// The probe's readings of the last half minute, and what is usual among them.
struct SlowdownBaseline {
  private var readings: [Double] = []
  private var oldest = 0
  private var count = 0
  /// One of so many readings is kept.
  private var thinning = 1
  private var usual = 0.0
  /// What a reading of a core that is not shared takes in the median, over the usual one.
  private(set) var quiet = 1.0

  /// Readings that are kept, and one of how many is in the end.
  ///
  /// Some thousand are taken in a second: a neighbour that stays for a few must not become the usual, but a clock that
  /// falls as the machine warms must.
  private static let capacity = 2048
  private static let mostThinning = 64
  /// After how many readings the usual is found anew.
  private static let interval = 256
  /// The share of the readings that surely is undisturbed.
  ///
  /// On a quiet core all but the slowest lie within 5 %, but there
  /// are half minutes in which a core is quiet for a hundredth of the time: a share of 0.03 made their times 10 % too long.
  private static let undisturbed = 0.005

  init() { readings.reserveCapacity(Self.capacity) }

  /// The level of a slowdown over a quiet core's readings.
  func level(_ slowdown: Double, on scale: SharingScale) -> Double { scale.level(slowdown / quiet) }

  /// Takes a reading of so many seconds, and returns how many times the usual that is.
  ///
  /// O(1), and O(n log n) in the readings kept every 256th time.
  mutating func slowdown(_ seconds: Double) -> Double {
    count += 1
    if count.isMultiple(of: thinning) { keep(seconds) }
    if count.isMultiple(of: Self.interval) || count < Self.interval && count.nonzeroBitCount == 1 {
      let ascending = readings.sorted()
      usual = ascending[Int(Self.undisturbed * Double(ascending.count))]
      let own = ascending.firstIndex { $0 >= CoreSlowdown.shared * usual } ?? ascending.count
      quiet = usual > 0 ? ascending[own / 2] / usual : 1
    }
    // A clock too coarse to see a reading tells nothing.
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
