internal import Foundation

/// Numbers as device files have them.
enum FixedDigits {
  /// Four significant digits, which is more than rows tell.
  static func rounded(_ value: Double) -> Double {
    guard value.isFinite, value != 0 else { return value }
    return Double(String(format: "%.4g", value)) ?? value
  }
}
