/// How much slower than when quiet the cores of a long call were while it ran: what the samplers of all its cores say.
///
/// A call of 50 ms finds no moment in which nobody shares its core, and a second one has another share of them. On a Zen 3
/// core that was shared for half of the time, the times of a product differed by 9 % (standard deviation), and by 3 % once
/// corrected by these readings (``SharingCorrection``).
final class InCallSlowdown {
  private let samplers: [InCallSampler]
  private let hardwareThreads: () -> [Int]
  private var baselines: [SlowdownBaseline]

  /// Seconds from which a call is long enough to be sampled.
  static let leastSeconds = 4e-3
  /// Readings of a core below which nothing is said of it.
  private static let leastReadings = 2

  /// Samples so many cores; `hardwareThreads` says which the calls to come run on.
  init(cores: Int, seed: UInt64, hwloc: Hwloc, hardwareThreads: @escaping () -> [Int]) {
    samplers = (0..<cores).map { _ in InCallSampler(seed: seed, hwloc: hwloc) }
    baselines = samplers.map { _ in SlowdownBaseline() }
    self.hardwareThreads = hardwareThreads
  }

  deinit { for sampler in samplers { sampler.close() } }

  /// Starts to sample.
  func begin() {
    for (sampler, hardwareThread) in zip(samplers, hardwareThreads()) { sampler.begin(on: hardwareThread) }
  }

  /// What the readings within one call came to.
  struct Finding {
    /// The mean level of the readings, of the core where it is highest (``SharingScale``).
    var level: Double
    /// Readings of that core.
    var readings: Int
    /// Seconds that a sampler had its core, on average.
    var awake: Double
    /// Readings of all cores: as often a thread was broken into.
    var interruptions: Int
    /// How many cores were sampled.
    var cores: Int
  }

  /// Stops sampling, and returns the level on a scale; nil where a core had too few readings.
  func end(on scale: SharingScale) -> Finding? {
    var worst: (level: Double, readings: Int)?
    var (awake, interruptions, isComplete) = (0.0, 0, true)
    for index in samplers.indices {
      let (sum, count, seconds) = samplers[index].end { samples in
        (samples.readings.reduce(0) { $0 + level($1, core: index, on: scale) }, samples.readings.count, samples.awake)
      }
      guard count >= Self.leastReadings else {
        isComplete = false
        continue
      }
      interruptions += count
      awake += seconds / Double(samplers.count)
      let mean = sum / Double(count)
      if mean > worst?.level ?? -1 { worst = (mean, count) }
    }
    guard isComplete, let worst else { return nil }
    return Finding(
      level: worst.level, readings: worst.readings, awake: awake, interruptions: interruptions,
      cores: samplers.count)
  }

  private func level(_ reading: Double, core: Int, on scale: SharingScale) -> Double {
    let slowdown = baselines[core].slowdown(reading)
    return baselines[core].level(slowdown, on: scale)
  }
}
