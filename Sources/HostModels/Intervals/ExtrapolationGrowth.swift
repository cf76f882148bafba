internal import Foundation

/// How the scale of the error grows outside the measured range where an extent is small: 1 + g·log₂(1 + d) at d octaves.
///
/// Shapes without a small extent need none: the asymptote's costs were fitted to shapes like those.
struct ExtrapolationGrowth: Hashable, Sendable, Codable {
  /// g.
  var rate: Double

  /// The least growth that a fit gives (assumed): rows held out lie two octaves away, where operands may still be cached.
  static let least = 0.1

  /// The narrowest interval, in the logarithm, that growth is told from: of rows without noise it would be beyond measure.
  static let leastLimit = 0.01

  /// No growth: for rows inside the range.
  static let none = ExtrapolationGrowth(rate: 0)

  /// By how much the scale at the nearest shape inside is multiplied.
  func factor(outside: Double) -> Double { 1 + rate * log2(1 + outside) }

  /// Whether an extent is smaller than `RooflineAsymptote.leastExtent`.
  static func isNarrow(_ m: Double, _ k: Double, _ n: Double) -> Bool { min(m, k, n) < RooflineAsymptote.leastExtent }
}
