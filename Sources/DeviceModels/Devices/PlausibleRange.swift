internal import DataFiles

/// What numbers of device files can be: far wider than any machine, and narrow enough that times stay numbers.
///
/// A slip of the keyboard or a wrong unit (GB/s for bytes/s) is found at its line; a product of the most extreme values of
/// several keys is still finite.
enum PlausibleRange {
  /// The range of a figure or parameter, by its key, whose end names the unit.
  static func of(_ key: String) -> ClosedRange<Double> {
    switch key {
    case "bandwidth_bytes_per_s": 1e6...1e16
    case "clock_hz": 1e6...1e11
    case "capacity_bytes": 1e3...1e16
    case "launch_s": 1e-10...1
    case _ where key.hasSuffix("_s"): 1e-15...1e3
    case _ where key.hasSuffix("_bytes"): 1...1e16
    case _ where key.hasSuffix("fraction"), "efficiency": 1e-4...1e3
    case "knee_sharpness": 1...1e3
    case "residency_exponent": 0...10
    default: 1e-6...1e6
    }
  }

  /// Operations a second of any element type.
  static let peak = 1e6...1e19

  /// Refuses a number outside of a range; zero is another matter, which some parameters can be.
  static func check(_ number: Double, _ range: ClosedRange<Double>, _ name: String, at value: JSONValue)
    throws(FileError)
  {
    guard number != 0, !range.contains(number) else { return }
    throw value.error(
      "\(name) is \(number)", remedy: "a number from \(range.lowerBound) to \(range.upperBound) is expected")
  }
}
