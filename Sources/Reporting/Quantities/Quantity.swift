internal import DataFiles
internal import Foundation

/// Figures as people read them: four significant digits and an SI prefix, always with the unit.
public enum Quantity {
  /// A time in seconds: `12.34 µs`, `1.5 s`, `2 h 03 min`, from a year on `3.169 years`, from a million `3.2e+22 years`.
  public static func time(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "—" }
    let magnitude = abs(seconds)
    if magnitude >= year {
      let years = seconds / year
      return "\(abs(years) < 1e6 ? significant(years, digits: 4) : String(format: "%.1e", years)) years"
    }
    if magnitude >= 3600 {
      let minutes = (magnitude / 60).rounded()
      let hours = (minutes / 60).rounded(.down)
      let rest = minutes - hours * 60
      return "\(seconds < 0 ? "-" : "")\(FixedPoint.text(hours, decimals: 0)) h "
        + "\(rest < 10 ? "0" : "")\(FixedPoint.text(rest, decimals: 0)) min"
    }
    return scaled(seconds, unit: "s", prefixes: [(1, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n")])
  }

  /// Seconds of a year of 365.25 days.
  private static let year = 31_557_600.0

  /// A number of things: `1 GPU`, `2 GPUs`, `12 micro-batches`.
  public static func counted(_ number: Int, _ noun: String) -> String {
    let plural = noun.hasSuffix("h") || noun.hasSuffix("s") ? "es" : "s"
    return "\(number) \(noun)\(number == 1 ? "" : plural)"
  }

  /// A time with the ends of its interval, all in one unit: `12.34 ms [11.90, 12.80]`.
  public static func time(_ seconds: Double, low: Double, high: Double) -> String {
    "\(time(seconds)) [\(time(low)), \(time(high))]"
  }

  /// An amount of memory or traffic in bytes, in decimal prefixes: `409.6 GB`.
  public static func bytes(_ bytes: Double) -> String { scaled(bytes, unit: "B", prefixes: large) }

  /// A binary size in bytes, as caches and memories are sold: `32 KiB`, `1 MiB`.
  public static func binaryBytes(_ bytes: Double) -> String {
    scaled(
      bytes, unit: "B",
      prefixes: [
        (1_099_511_627_776, "Ti"), (1_073_741_824, "Gi"), (1_048_576, "Mi"), (1024, "Ki"), (1, ""),
      ])
  }

  /// A throughput in bytes a second: `3.35 TB/s`.
  public static func bandwidth(_ bytesPerSecond: Double) -> String {
    scaled(bytesPerSecond, unit: "B/s", prefixes: large)
  }

  /// A throughput in floating-point operations a second: `989.4 TFLOP/s`.
  public static func throughput(_ flopsPerSecond: Double) -> String {
    scaled(flopsPerSecond, unit: "FLOP/s", prefixes: large)
  }

  /// An amount of work in floating-point operations: `171.8 TFLOP`.
  public static func work(_ flops: Double) -> String { scaled(flops, unit: "FLOP", prefixes: large) }

  /// A fraction as a percentage: `12.5 %`, `0.03 %`.
  public static func percent(_ fraction: Double) -> String {
    guard fraction.isFinite else { return "—" }
    return "\(significant(fraction * 100, digits: 3)) %"
  }

  /// A plain factor: `8.00 ×`.
  public static func factor(_ value: Double) -> String {
    value.isFinite ? "\(significant(value, digits: 3)) ×" : "—"
  }

  /// A count with groups of three digits: `10,240,000`.
  public static func count(_ value: Int) -> String { (value < 0 ? "-" : "") + grouped(String(value.magnitude)) }

  /// The nearest whole number, in groups of three digits.
  public static func count(_ value: Double) -> String {
    guard value.isFinite else { return "—" }
    let whole = FixedPoint.text(abs(value), decimals: 0)
    return (value < 0 && whole != "0" ? "-" : "") + grouped(whole)
  }

  private static func grouped(_ digits: String) -> String {
    var text = ""
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.count - position).isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// `value` with that many significant digits and no exponent; larger numbers keep all their whole digits.
  public static func significant(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return "—" }
    guard value != 0 else { return "0" }
    var whole = 0  // digits before the point, once rounded
    var magnitude = abs(value)
    let one = 1 - 0.5 * pow(10, -Double(digits))  // from here on a fraction rounds up to 1
    while magnitude >= one, whole < 400 {
      magnitude /= 10
      whole += 1
    }
    while magnitude < one / 10, whole > -400 {
      magnitude *= 10
      whole -= 1
    }
    return FixedPoint.text(value, decimals: min(max(digits - whole, 0), 30))
  }

  private static let large: [(factor: Double, prefix: String)] = [
    (1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""),
  ]

  private static func scaled(_ value: Double, unit: String, prefixes: [(factor: Double, prefix: String)]) -> String {
    guard value.isFinite else { return "—" }
    guard value != 0 else { return "0 \(unit)" }
    // Four digits round 999.95 up to 1000: the next prefix is due from there on.
    let chosen = prefixes.first { abs(value) >= $0.factor * 0.99995 } ?? prefixes.last ?? (1, "")
    return "\(significant(value / chosen.factor, digits: 4)) \(chosen.prefix)\(unit)"
  }
}
