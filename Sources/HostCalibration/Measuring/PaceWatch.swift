internal import Foundation

/// The pace of the cores that a long call runs on, heard while it runs.
///
/// A call of 50 ms finds no moment in which nobody shares its core, and a second one has another share of them: on a Zen 3
/// core that was shared for half of the time, the times of a product differed by 9 % (standard deviation), by 3 % without
/// what the pace within explained of that (``PaceResponse``).
final class PaceWatch {
  private let watchers: [PaceWatcher]
  private let hardwareThreads: () -> [Int]
  private var histories: [PaceHistory]

  /// Seconds from which a call is long enough to be watched.
  static let leastSeconds = 4e-3
  /// Readings of a core that tell its pace.
  private static let leastReadings = 2

  /// Watches so many cores; `hardwareThreads` tells which the calls to come run on.
  init(cores: Int, seed: UInt64, hwloc: Hwloc, hardwareThreads: @escaping () -> [Int]) {
    watchers = (0..<cores).map { _ in PaceWatcher(seed: seed, hwloc: hwloc) }
    histories = watchers.map { _ in PaceHistory() }
    self.hardwareThreads = hardwareThreads
  }

  deinit { for watcher in watchers { watcher.close() } }

  /// Starts to listen.
  func begin() {
    for (watcher, hardwareThread) in zip(watchers, hardwareThreads()) { watcher.begin(on: hardwareThread) }
  }

  /// What a watch came to.
  struct Finding {
    /// The mean of the readings' pace, of the core where it was slowest (``PaceScale``).
    var pace: Double
    /// Readings of that core.
    var readings: Int
    /// Seconds that the watcher had a core, on average.
    var awake: Double
    /// Readings of all cores: as often a thread was broken into.
    var interruptions: Int
    /// How many cores were listened to.
    var cores: Int
  }

  /// Stops listening, and tells the pace on a scale; nil where too little was heard.
  func end(on scale: PaceScale) -> Finding? {
    var worst: (pace: Double, readings: Int)?
    var (awake, interruptions, isHeard) = (0.0, 0, true)
    for index in watchers.indices {
      let (sum, count, seconds) = watchers[index].end { heard in
        (heard.readings.reduce(0) { $0 + pace($1, core: index, on: scale) }, heard.readings.count, heard.awake)
      }
      guard count >= Self.leastReadings else {
        isHeard = false
        continue
      }
      interruptions += count
      awake += seconds / Double(watchers.count)
      let mean = sum / Double(count)
      if mean > worst?.pace ?? -1 { worst = (mean, count) }
    }
    guard isHeard, let worst else { return nil }
    return Finding(
      pace: worst.pace, readings: worst.readings, awake: awake, interruptions: interruptions,
      cores: watchers.count)
  }

  private func pace(_ reading: Double, core: Int, on scale: PaceScale) -> Double {
    let slowdown = histories[core].slowdown(reading)
    return histories[core].pace(slowdown, on: scale)
  }
}
