public import DataFiles
public import GEMMTiming

/// What is wrong with a model, a plan for it, or what a device was asked, with the culprit.
public enum ModelError: Error, Hashable, Sendable {
  /// A size that must be at least 1.
  case notPositive(name: String, value: Int)
  /// A size past ``GEMMShape/maximumExtent``, or a product of sizes past it.
  case tooLarge(name: String, limit: Int = GEMMShape.maximumExtent)
  /// `divisor` must divide `dividend`, and does not.
  case doesNotDivide(divisor: String, value: Int, dividend: String, of: Int)
  /// More pipeline stages (times chunks) than layers.
  case moreStagesThanLayers(stages: Int, layers: Int)
  /// Two settings that exclude each other, and what would be right.
  case conflict(problem: String, remedy: String)
  /// No built-in model of that name, and no file either; what to try.
  case unknownModel(name: String, advice: String)
  /// A configuration file that is missing or malformed.
  case file(FileError)
  /// The device cannot do an operation of the step.
  case unsupported(UnsupportedOperation)
  /// The graph of a step could not be solved; the text is the solver's own.
  case unsolvable(String)
}

extension ModelError: CustomStringConvertible {
  /// One line for people: what is wrong and what would be right.
  public var description: String {
    switch self {
    case .notPositive(let name, let value): "\(name) is \(value); a whole number of at least 1 is expected"
    case .tooLarge(let name, let limit): "\(name) is too large; at most \(limit) is expected"
    case .doesNotDivide(let divisor, let value, let dividend, let of):
      "\(divisor) is \(value) and does not divide \(dividend), which is \(of)"
        + "; \(Self.suggestion(near: value, of: of))"
    case .moreStagesThanLayers(let stages, let layers):
      "\(stages) pipeline stages are more than the model's \(layers) layers; at most \(layers) are expected"
    case .conflict(let problem, let remedy): "\(problem); \(remedy)"
    case .unknownModel(let name, let advice):
      "\(JSONValue.shortened(name)) is neither a built-in model nor a file; \(advice)"
    case .file(let error): error.description
    case .unsupported(let error): error.description
    case .unsolvable(let reason): reason
    }
  }

  /// The divisors of `of` on either side of `value`.
  ///
  /// The search is bounded: a hint is worth no long wait.
  private static func suggestion(near value: Int, of: Int) -> String {
    let reach = 1...4096
    let below = reach.lazy.map { value - $0 }.first { $0 < 1 || of % $0 == 0 }.flatMap { $0 >= 1 ? $0 : nil }
    let above = reach.lazy.map { value + $0 }.first { $0 > of || of % $0 == 0 }.flatMap { $0 <= of ? $0 : nil }
    let divisors = [below, above].compactMap { $0 }.map(String.init)
    return divisors.isEmpty ? "a divisor of \(of) is expected" : "\(divisors.joined(separator: " or ")) would"
  }
}
