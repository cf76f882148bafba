internal import GEMMTiming

/// Corrects the time of calls for a core that other work shares.
///
/// A call that shares its core goes on at less than its own speed. Of calls of one size, what is lost of it grows with the
/// level (``SharingScale``), averaged over the call's time: lost = slope · level, and the call takes 1/(1 − lost) times as
/// long. The slope is learnt from calls of the same product at different levels.
struct SharingCorrection {
  /// The scale of the levels.
  let scale: SharingScale

  /// Readings of the usual spread that the slope assumed before anything was measured weighs as much as.
  private static let weight = 3000.0
  private static let range = 0.0...1.2
  /// Readings beside a call beyond which more of them tell no more.
  private static let mostReadings = 50
  /// No more than this share of the speed is taken for lost.
  private static let mostLost = 0.5

  /// A call: how long it took, the level beside or within it, of how many readings, and whether they are from within.
  struct Call {
    var seconds: Double
    var level: Double
    var readings: Int
    var isSampled = false

    fileprivate var weight: Double { Double(min(readings, mostReadings)) }
  }

  private var products: Double
  private var squares: Double
  /// The sum of the levels, weighted as the squares are.
  private var levels = 0.0

  /// A correction that is assumed.
  init(scale: SharingScale = .alone, slope: Double = 0.5) {
    self.scale = scale
    squares = Self.weight * scale.spread * scale.spread
    products = slope * squares
  }

  /// The share of the speed that is lost by a unit of the level.
  var slope: Double {
    // What a speed was compared with was not the full one, but that at the mean of the levels.
    let local = products / squares
    let full = local / max(1 + local * levels / squares, 1e-3)
    return min(max(full, Self.range.lowerBound), Self.range.upperBound)
  }

  /// How many times as long as on a core of its own a call took with such a level beside or within it.
  func factor(_ level: Double) -> Double { 1 / (1 - min(slope * max(level, 0), Self.mostLost)) }

  /// Learns from calls of one item, weighted by the readings.
  ///
  /// O(calls). Beside those of them that nobody disturbed, short calls tell what a neighbour costs. (Calls that it was
  /// beside all along do not: how hard it works moves them by less than that it is there.) Readings within long calls tell
  /// how much of their time it was there, and those are compared with each other.
  mutating func learn(_ calls: [Call]) {
    let calls = calls.filter { $0.seconds > 0 && $0.level >= 0 && $0.level < scale.broken }
    let own = calls.filter { $0.level <= scale.quiet && !$0.isSampled }.map(\.seconds)
    if let own = SampleSummary(own)?.median {
      compare(calls.filter { $0.level > scale.quiet && !$0.isSampled }, with: Call(seconds: own, level: 0, readings: 1))
    }
    let sampled = calls.filter(\.isSampled)
    let total = sampled.reduce(0) { $0 + $1.weight }
    guard sampled.count > 1, total > 0 else { return }
    let level = sampled.reduce(0) { $0 + $1.weight * $1.level } / total
    let speed = sampled.reduce(0) { $0 + $1.weight / $1.seconds } / total
    compare(sampled, with: Call(seconds: 1 / speed, level: level, readings: 1))
  }

  private mutating func compare(_ calls: [Call], with other: Call) {
    for call in calls {
      let deviation = call.level - other.level
      products -= call.weight * deviation * (other.seconds / call.seconds - 1)
      squares += call.weight * deviation * deviation
      levels += call.weight * deviation * deviation * other.level
    }
  }
}
