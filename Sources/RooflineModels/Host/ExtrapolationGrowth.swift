internal import Foundation

/// How the scale of the error grows outside the measured range: 1 + g·log₂(1 + d) at d octaves.
///
/// Two rates, for two ways of going on: where the asymptote's costs were fitted to such shapes, and where they were not
/// because an extent is small.
struct ExtrapolationGrowth: Hashable, Sendable {
  /// g where no extent is smaller than `RooflineAsymptote.leastExtent`.
  var broad: Double
  /// g elsewhere.
  var narrow: Double

  /// The least growth that a fit gives (assumed): rows held out lie two octaves away, where operands may still be cached.
  static let least = 0.1

  /// The part of what rows held out call for that is taken for the broad (assumed).
  ///
  /// A fit without the two largest octaves of an extent has lost many rows besides. With six calibrations of an Intel Xeon,
  /// intervals then hold 88 to 98 % of the products of 8,192 to 65,536 rows, 94 % on average; 98 % with twice as much.
  static let broadPart = 0.15

  /// No growth: for rows inside the range.
  static let none = ExtrapolationGrowth(broad: 0, narrow: 0)

  /// By how much the scale at a shape is multiplied.
  func factor(m: Double, k: Double, n: Double, outside: Double) -> Double {
    1 + (Self.isBroad(m, k, n) ? broad : narrow) * log2(1 + outside)
  }

  static func isBroad(_ m: Double, _ k: Double, _ n: Double) -> Bool { min(m, k, n) >= RooflineAsymptote.leastExtent }
}
