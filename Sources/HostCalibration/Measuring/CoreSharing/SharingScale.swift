internal import Foundation

/// The scale on which readings say how much a core is shared: the speed that calls lose grows in proportion to the level
/// (``SharingCorrection``).
enum SharingScale {
  /// Of calls that one thread does alone: the square root of the logarithm of how many times as long as a quiet core's a
  /// reading took, of what that is beyond chance.
  ///
  /// That a neighbour is there costs more than how hard it works. In 160,000 blocks of two calibrations on a Zen 3 core,
  /// products of 10⁵ flops lost 18, 23, 28, 32 and 34 % of their speed where that logarithm was 0.15, 0.25, … 0.55. Others
  /// lost more or less by one factor, and beside two different readings the mean of both.
  case alone
  /// Of calls that several threads share: the logarithm itself. One core's readings say less of the whole, and the more, the
  /// slower it is.
  case shared

  /// Above this times as long as a quiet core's, a reading was broken into, and no neighbour's work.
  private static let mostSlowdown = 2.0
  /// The logarithm up to which a slower reading is chance.
  private static let chance = 0.05

  /// The level of a reading that took so many times as long as a quiet core's: 0 of a quiet core.
  func level(_ slowdown: Double) -> Double {
    let logarithm = log(min(max(slowdown, 1), Self.mostSlowdown))
    return switch self {
    case .alone: max(logarithm - Self.chance, 0).squareRoot()
    case .shared: logarithm
    }
  }

  /// How many times as long as a quiet core's a reading of such a level takes: the other way round.
  func slowdown(_ level: Double) -> Double {
    switch self {
    case .alone: level > 0 ? exp(level * level + Self.chance) : 1
    case .shared: exp(max(level, 0))
    }
  }

  /// Up to which level a core is quiet.
  var quiet: Double { self == .alone ? 0.15 : 0.07 }

  /// The usual spread of levels.
  var spread: Double { self == .alone ? 0.15 : 0.1 }

  /// The level of readings that were broken into.
  var broken: Double { level(Self.mostSlowdown) }
}
