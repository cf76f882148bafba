internal import Foundation

/// Numbers as text for files: `.` as the decimal point whatever the locale, no exponent.
public enum FixedPoint {
  /// `value` with `decimals` digits after the point, rounded.
  public static func text(_ value: Double, decimals: Int) -> String {
    String(format: "%.\(decimals)f", locale: Locale(identifier: "en_US_POSIX"), value)
  }
}
