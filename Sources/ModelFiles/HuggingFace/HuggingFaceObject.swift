internal import DataFiles
internal import TransformerModels

/// An object of a model's file that knows which of its keys have been asked for.
struct HuggingFaceObject {
  let root: JSONValue
  private var asked: Set<String> = []
  /// Values to be noted, and what they mean; nil where the family's classes do not read them.
  private(set) var remarks: [(key: String, value: JSONValue, meaning: String?)] = []

  init(_ root: JSONValue) { self.root = root }

  /// A member; nil when it is absent or null.
  mutating func value(_ key: String) -> JSONValue? {
    asked.insert(key)
    return root[key]
  }

  /// Whether the key is written at all, be it as null.
  mutating func has(_ key: String) -> Bool {
    asked.insert(key)
    return root.keys.contains(key)
  }

  /// Whether something has asked for the key.
  func hasAsked(_ key: String) -> Bool { asked.contains(key) }

  mutating func flag(_ key: String) throws(FileError) -> Bool? { try value(key)?.bool() }

  /// A key that the family's classes do not read: taken down where it says something.
  ///
  /// `usual` is what the classes do anyway; nil where every value that is set asks for something else.
  mutating func ignore(_ key: String, as usual: String? = nil) {
    guard let value = value(key) else { return }
    let isUsual = usual.map { value.shortText == $0 || value.shortText == "\"\($0)\"" } ?? value.isUnset
    if !isUsual { remarks.append((key, value, nil)) }
  }

  /// A key that the family's classes read and that a forecast cannot follow: taken down where it is set.
  mutating func note(_ key: String, _ meaning: String) {
    if let value = value(key), !value.isUnset { remarks.append((key, value, meaning)) }
  }

  /// A size that must be there, in 1...2⁴⁰.
  mutating func extent(_ key: String, upTo most: Int = .max) throws(FileError) -> Int {
    asked.insert(key)
    let value = try root.required(key)
    let number = try Self.extent(value, key)
    guard number <= most else {
      throw value.error("\(key) is \(number)", remedy: "at most \(most) is expected")
    }
    return number
  }

  /// A size that may be absent or null.
  mutating func optionalExtent(_ key: String) throws(FileError) -> Int? {
    guard let value = value(key) else { return nil }
    return try Self.extent(value, key)
  }

  /// A probability; nil when it is absent or null.
  mutating func fraction(_ key: String) throws(FileError) -> Double? {
    guard let value = value(key) else { return nil }
    let number = try value.double()
    guard (0...1).contains(number) else {
      throw value.error("\(key) is \(value.shortText)", remedy: "a number from 0 to 1 is expected")
    }
    return number
  }

  /// The keys that say something and that nothing has asked for, in the file's order.
  var unasked: [String] { root.keys.filter { !asked.contains($0) && root[$0] != nil } }

  private static func extent(_ value: JSONValue, _ key: String) throws(FileError) -> Int {
    let number = try value.integer()
    do {
      try Extent.check(number, key)
    } catch {
      throw value.error("\(error)")
    }
    return number
  }
}
