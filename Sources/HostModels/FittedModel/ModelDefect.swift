internal import DataFiles
internal import Foundation

/// What is wrong with a model file, and at which of its values.
struct ModelDefect: Error {
  /// Keys and indices from the root.
  var path: [String]
  var problem: String
  var remedy: String

  init(path: [String], problem: String, remedy: String) {
    (self.path, self.problem, self.remedy) = (path, problem, remedy)
  }

  /// The defect that a decoder or a check told.
  init(_ error: any Error) {
    func path(_ keys: [any CodingKey]) -> [String] { keys.map { $0.intValue.map(String.init) ?? $0.stringValue } }
    switch error {
    case let defect as ModelDefect: self = defect
    case DecodingError.keyNotFound(let key, let context):
      self.init(
        path: path(context.codingPath), problem: "\(Self.snakeCase(key.stringValue)) is missing", remedy: "add it")
    case DecodingError.typeMismatch(let type, let context), DecodingError.valueNotFound(let type, let context):
      self.init(
        path: path(context.codingPath), problem: "\(Self.name(context.codingPath)) is of another type",
        remedy: "\(Self.words[ObjectIdentifier(type)] ?? "an object or array as `gemmcast fit` writes it") is expected")
    case DecodingError.dataCorrupted(let context):
      self.init(
        path: path(context.codingPath), problem: "\(Self.name(context.codingPath)) is not as expected",
        remedy: "a value that `gemmcast fit` wrote is expected")
    default: self.init(path: [], problem: "cannot be read: \(error)", remedy: "fit again")
    }
  }

  private static let words: [ObjectIdentifier: String] = [
    ObjectIdentifier(String.self): "a string", ObjectIdentifier(Double.self): "a number",
    ObjectIdentifier(Int.self): "a whole number", ObjectIdentifier(Bool.self): "true or false",
  ]

  private static func name(_ path: [any CodingKey]) -> String {
    path.last { $0.intValue == nil }.map { snakeCase($0.stringValue) } ?? "the file"
  }

  private static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
  }

  /// The error with the value's line and column; that of the text where it is no JSON.
  ///
  /// The text is parsed once more, by a reader that keeps places: a good file never is.
  func located(in text: String, file: String) -> FileError {
    let document: JSONDocument
    do throws(FileError) { document = try JSONDocument(text: text, file: file) } catch { return error }
    var value = document.root
    for step in path {
      if let index = Int(step), let elements = try? value.array(), elements.indices.contains(index) {
        value = elements[index]
      } else if let member = value[Self.snakeCase(step)] {
        value = member
      } else {
        break
      }
    }
    return value.error(problem, remedy: remedy)
  }
}

/// Checks of a model file's values, which say where they are.
struct ModelCheck {
  let path: [String]

  init(_ path: [String]) { self.path = path }

  /// The checks of a member.
  subscript(_ key: String) -> ModelCheck { ModelCheck(path + [key]) }

  /// A defect of this value.
  func defect(_ problem: String, expected: String) -> ModelDefect {
    ModelDefect(
      path: path, problem: "\(path.last { Int($0) == nil } ?? "the file") \(problem)", remedy: "\(expected) is expected"
    )
  }

  /// That a number lies in a range.
  func number(_ value: Double, in range: ClosedRange<Double>) throws(ModelDefect) {
    guard range.contains(value) else {
      throw defect("is \(value)", expected: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  /// That there are so many numbers, all in a range.
  func numbers(_ values: [Double], count: Int? = nil, in range: ClosedRange<Double>) throws(ModelDefect) {
    if let count, values.count != count {
      throw defect("has \(values.count) values", expected: "\(count)")
    }
    for value in values { try number(value, in: range) }
  }

  /// That something holds.
  func require(_ holds: Bool, _ problem: String, expected: String) throws(ModelDefect) {
    if !holds { throw defect(problem, expected: expected) }
  }

  /// That numbers are costs of a unit of work in seconds: none, or from far below a flop's to a second.
  func costs(_ values: [Double], count: Int? = nil) throws(ModelDefect) {
    try numbers(values, count: count, in: 0...1)
    for value in values where value > 0 { try number(value, in: 1e-24...1) }
  }

  /// A positive number of whatever unit: seconds a flop are the smallest, flop/s the largest.
  static let positive = 1e-24...1e20
  /// Seconds: from a femtosecond to 30 years.
  static let seconds = 1e-15...1e9
  /// A scale of logarithms of times.
  static let logScale = 1e-15...1e6
}
