internal import Foundation

/// The scale on which the pace of a core is told, so that the speed which calls lose beside it grows in proportion
/// (``PaceResponse``).
enum PaceScale {
  /// Of calls that one thread does alone: the square root of the logarithm of how many times as long as a quiet core's a
  /// reading took, of what that is beyond chance.
  ///
  /// That a neighbour is there costs more than how hard he works: over 160,000 blocks of two calibrations on a Zen 3 core,
  /// products of 10⁵ flops lost 18, 23, 28, 32 and 34 % of their speed beside readings whose logarithm was 0.15, 0.25, … 0.55;
  /// with other work all lost more or less by one factor, and beside two different readings the mean of both.
  case alone
  /// Of calls that several threads share: the logarithm itself. One core's readings say less of the whole, and the more, the
  /// slower it is.
  case shared

  /// Above this times as long as a quiet core's, a reading was broken into, and no neighbour's work.
  private static let mostSlowdown = 2.0
  /// The logarithm up to which a slower reading is chance.
  private static let chance = 0.05

  /// The pace that a reading tells which took so many times as long as a quiet core's: 0 of a quiet core.
  func pace(_ slowdown: Double) -> Double {
    let logarithm = log(min(max(slowdown, 1), Self.mostSlowdown))
    return switch self {
    case .alone: max(logarithm - Self.chance, 0).squareRoot()
    case .shared: logarithm
    }
  }

  /// How many times as long as a quiet core's a reading of such a pace takes: the other way round.
  func slowdown(_ pace: Double) -> Double {
    switch self {
    case .alone: pace > 0 ? exp(pace * pace + Self.chance) : 1
    case .shared: exp(max(pace, 0))
    }
  }

  /// Up to which pace a core is quiet.
  var quiet: Double { self == .alone ? 0.15 : 0.07 }

  /// The usual spread of paces.
  var spread: Double { self == .alone ? 0.15 : 0.1 }

  /// The pace of readings that were broken into.
  var broken: Double { pace(Self.mostSlowdown) }
}
