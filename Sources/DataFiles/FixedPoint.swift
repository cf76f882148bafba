internal import Foundation

/// Numbers as text for files: `.` as the decimal point whatever the locale, no exponent.
public enum FixedPoint {
  /// `value` with `decimals` digits after the point, rounded.
  public static func text(_ value: Double, decimals: Int) -> String {
    // Without a locale: with one, a formatter is made for each number, at twenty times the cost.
    String(format: "%.\(decimals)f", value)
  }
}
