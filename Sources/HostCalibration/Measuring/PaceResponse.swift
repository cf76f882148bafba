internal import Foundation
internal import GEMMTiming

/// How the time of calls follows the pace of their core.
///
/// A call that shares its core goes on at less than its own speed. Of calls of one size, what is lost of it grows with the
/// pace (``pace(_:)``), averaged over the call's time: lost = slope · pace, and 1/(1 − lost) times as long the call takes.
/// The slope is learnt from calls of the same product beside different paces.
struct PaceResponse {
  /// What the slope that is assumed before anything was measured weighs as much as: readings, with a spread of the pace.
  private static let (weight, spread) = (3000.0, 0.15)
  private static let range = 0.0...1.2
  /// Above this times as long as a quiet core's, a reading was broken into, and no neighbour's work.
  private static let mostSlowdown = 2.0
  /// The logarithm up to which a slower reading is chance, and the pace up to which a core is quiet.
  private static let (chance, quiet) = (0.05, 0.15)
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
  private var squares = weight * spread * spread
  /// The sum of the paces, weighted as the squares are.
  private var paces = 0.0

  /// A response that is assumed.
  init(slope: Double = 0.5) { products = slope * squares }

  /// The pace that a reading tells which took so many times as long as a quiet core's: the square root of its logarithm, of
  /// what that is beyond chance.
  ///
  /// That a neighbour is there costs more than how hard he works: over 160,000 blocks of two calibrations on a Zen 3 core,
  /// products of 10⁵ flops lost 18, 23, 28, 32 and 34 % of their speed beside readings whose logarithm was 0.15, 0.25, … 0.55;
  /// with other work all lost more or less by one factor, and beside two different readings the mean of both.
  static func pace(_ slowdown: Double) -> Double {
    max(log(min(max(slowdown, 1), mostSlowdown)) - chance, 0).squareRoot()
  }

  /// How many times as long as a quiet core's a reading of such a pace takes: the other way round.
  static func slowdown(_ pace: Double) -> Double { pace > 0 ? exp(pace * pace + chance) : 1 }

  /// The pace of readings that were broken into.
  private static var broken: Double { pace(mostSlowdown) }

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
    let calls = calls.filter { $0.seconds > 0 && $0.pace >= 0 && $0.pace < Self.broken }
    let own = calls.filter { $0.pace <= Self.quiet && !$0.isWatched }.map(\.seconds)
    if let own = SampleSummary(own)?.median {
      compare(calls.filter { $0.pace > Self.quiet && !$0.isWatched }, with: Call(seconds: own, pace: 0, readings: 1))
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
