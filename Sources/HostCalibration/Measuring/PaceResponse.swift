internal import GEMMTiming

/// How the time of calls follows the pace of their core.
///
/// A call that shares its core goes on at less than its own speed. Of calls of one size, what is lost of it grows with the
/// pace (``PaceScale``), averaged over the call's time: lost = slope · pace, and 1/(1 − lost) times as long the call takes.
/// The slope is learnt from calls of the same product beside different paces.
struct PaceResponse {
  /// The scale of the paces.
  let scale: PaceScale

  /// Readings of the usual spread that the slope weighs as much as which is assumed before anything was measured.
  private static let weight = 3000.0
  private static let range = 0.0...1.2
  /// Readings beside a call beyond which more of them tell no more.
  private static let mostReadings = 50
  /// No more than this share of the speed is said to be lost.
  private static let mostLost = 0.5

  /// A call: how long it took, the pace beside or within it, of how many readings, and whether they are from within.
  struct Call {
    var seconds: Double
    var pace: Double
    var readings: Int
    var isWatched = false

    fileprivate var weight: Double { Double(min(readings, mostReadings)) }
  }

  private var products: Double
  private var squares: Double
  /// The sum of the paces, weighted as the squares are.
  private var paces = 0.0

  /// A response that is assumed.
  init(scale: PaceScale = .alone, slope: Double = 0.5) {
    self.scale = scale
    squares = Self.weight * scale.spread * scale.spread
    products = slope * squares
  }

  /// The share of the speed that is lost by a unit of pace.
  var slope: Double {
    // What a speed was compared with was not the full one, but that beside the mean of the paces.
    let local = products / squares
    let full = local / max(1 + local * paces / squares, 1e-3)
    return min(max(full, Self.range.lowerBound), Self.range.upperBound)
  }

  /// How many times as long as on a core of its own a call took with such a pace beside or within.
  func excess(_ pace: Double) -> Double { 1 / (1 - min(slope * max(pace, 0), Self.mostLost)) }

  /// Learns from calls of one item, weighted by the readings.
  ///
  /// O(calls). Beside those of them that nobody disturbed, short calls tell what a neighbour costs. (Calls that he was
  /// beside all along do not: how hard he works moves them by less than that he is there.) What was heard within long
  /// ones is how much of their time he was there, and those are compared with each other.
  mutating func learn(_ calls: [Call]) {
    let calls = calls.filter { $0.seconds > 0 && $0.pace >= 0 && $0.pace < scale.broken }
    let own = calls.filter { $0.pace <= scale.quiet && !$0.isWatched }.map(\.seconds)
    if let own = SampleSummary(own)?.median {
      compare(calls.filter { $0.pace > scale.quiet && !$0.isWatched }, with: Call(seconds: own, pace: 0, readings: 1))
    }
    let watched = calls.filter(\.isWatched)
    let total = watched.reduce(0) { $0 + $1.weight }
    guard watched.count > 1, total > 0 else { return }
    let pace = watched.reduce(0) { $0 + $1.weight * $1.pace } / total
    let speed = watched.reduce(0) { $0 + $1.weight / $1.seconds } / total
    compare(watched, with: Call(seconds: 1 / speed, pace: pace, readings: 1))
  }

  private mutating func compare(_ calls: [Call], with other: Call) {
    for call in calls {
      let deviation = call.pace - other.pace
      products -= call.weight * deviation * (other.seconds / call.seconds - 1)
      squares += call.weight * deviation * deviation
      paces += call.weight * deviation * deviation * other.pace
    }
  }
}
