internal import DataFiles

/// A column that a format is not known to have: harmless by its name, or an error that says what it may be.
struct UnknownColumn {
  let name: String
  /// Where it stands, from 0.
  let position: Int
  /// The columns that the format's times are read from.
  let times: String

  /// Whether a column of any tool tells nothing of the times: an index that pandas wrote, a date or host, or what a sensor
  /// read (clocks, power, temperatures), for one die or for each.
  static func isHarmless(_ name: String, at position: Int) -> Bool {
    if position == 0, name.isEmpty || name.hasPrefix("Unnamed: ") || name == "index" { return true }
    let lowercased = name.lowercased()
    if ["timestamp", "date", "datetime", "hostname", "host"].contains(lowercased) { return true }
    let words = lowercased.split { !$0.isLetter && !$0.isNumber }.map(String.init)
    return words.contains(where: sensors.contains)
      && words.allSatisfy { sensors.contains($0) || qualities.contains($0) || Int($0) != nil }
  }

  /// The unit of time that the name has, in words; nil where it names no time.
  var unitOfTime: String? {
    let lowercased = name.lowercased()
    guard !lowercased.contains("timestamp") else { return nil }
    let words = lowercased.split { !$0.isLetter }.map(String.init)
    for (unit, signs) in Self.units where words.contains(where: signs.contains) { return "a time in \(unit)" }
    let isTime = ["time", "latency", "duration", "elapsed"].contains { lowercased.contains($0) }
    return isTime ? "a time" : nil
  }

  /// The error at the column.
  func error(_ source: SourceText, line: Int?, column: Int?) -> FileError {
    func error(_ problem: String, _ remedy: String) -> FileError {
      FileError(.malformed, file: source.file, line: line, column: column, problem: problem, remedy: remedy)
    }
    guard !name.isEmpty else { return error("column \(position + 1) has no name", "name it, or delete it") }
    if let unitOfTime {
      // A time is never proposed to be left aside: it may be the one that was meant.
      return error("column \(name) is not known, and is \(unitOfTime)", "times are read from \(times)")
    }
    return error(
      "column \(name) is not known",
      "if it does not change what the times mean, --ignore-column \(ShellWord.quoted(name)) leaves it aside")
  }

  private static let units: [(String, Set<String>)] = [
    ("milliseconds", ["ms", "msec", "msecs", "milliseconds", "millisecond"]),
    ("microseconds", ["us", "usec", "usecs", "microseconds", "microsecond", "µs"]),
    ("nanoseconds", ["ns", "nsec", "nsecs", "nanoseconds", "nanosecond"]),
    ("seconds", ["s", "sec", "secs", "seconds", "second"]),
  ]

  private static let sensors: Set<String> = [
    "freq", "frequency", "clk", "clock", "sclk", "mclk", "fclk", "socclk", "sysclk", "memclk", "gfxclk", "power",
    "temp",
    "temperature", "energy", "voltage", "fan", "util", "utilization",
  ]

  private static let qualities: Set<String> = [
    "avg", "average", "mean", "median", "min", "max", "lowest", "highest", "std", "stddev", "current", "peak", "limit",
    "gpu", "gfx", "mem", "memory", "sm", "soc", "hbm", "core", "edge", "junction", "hotspot", "board", "die", "xcd",
    "mhz", "ghz", "hz", "w", "watt", "watts", "mw", "c", "celsius", "j", "joule", "joules", "v", "mv", "percent", "pct",
  ]
}
