internal import DataFiles
internal import GEMMTiming

/// What numbers of a fitted model can be: far wider than any fit, and narrow enough that times stay numbers.
extension FittedModel {
  /// Quantiles of log(measured / predicted) over its scale.
  static var largestQuantile: Double { 1e3 }

  /// A positive number of whatever unit: seconds a flop are the smallest, flop/s the largest.
  static func positive(_ value: JSONValue) throws(FileError) -> Double { try number(value, in: 1e-24...1e20) }

  /// A number of at least 0.
  static func notNegative(_ value: JSONValue) throws(FileError) -> Double {
    let number = try value.double()
    guard number != 0 else { return 0 }
    guard number > 0 else { throw value.error("the value is \(number)", remedy: "a number of at least 0 is expected") }
    return try positive(value)
  }

  /// Seconds: from a femtosecond to 30 years.
  static func seconds(_ value: JSONValue) throws(FileError) -> Double { try number(value, in: 1e-15...1e9) }

  /// Seconds that a unit of work costs: none, or from far below a flop's to a second.
  static func cost(_ value: JSONValue) throws(FileError) -> Double {
    try value.double() == 0 ? 0 : number(value, in: 1e-24...1)
  }

  /// A host's name.
  static func deviceName(_ value: JSONValue) throws(FileError) -> String {
    let name = try value.string()
    if let problem = DeviceNames.problem(with: name) { throw value.error(problem, remedy: DeviceNames.remedy) }
    return name
  }

  /// A scale of logarithms of times.
  static func logScale(_ value: JSONValue) throws(FileError) -> Double { try number(value, in: 1e-15...1e6) }

  /// A number within a range.
  static func number(_ value: JSONValue, in range: ClosedRange<Double>) throws(FileError) -> Double {
    let number = try value.double()
    guard range.contains(number) else {
      throw value.error(
        "the value is \(number)", remedy: "a number from \(range.lowerBound) to \(range.upperBound) is expected")
    }
    return number
  }
}
