internal import Foundation

/// How two limits of one kernel come together.
enum Knee {
  /// (aᵖ + bᵖ)^(1/p): the larger where p is large, the sum where it is 1.
  static func joined(_ a: Double, _ b: Double, sharpness: Double) -> Double {
    let larger = max(a, b)
    guard larger > 0, larger.isFinite else { return larger }
    return larger * pow(1 + pow(min(a, b) / larger, sharpness), 1 / sharpness)
  }
}
