internal import DataFiles

// Sizes, counts and switches.
extension HuggingFaceReader {
  /// A size; required unless the class has a default for an absent or null key.
  mutating func size(_ key: String, or usual: Int? = nil) throws(FileError) -> Int {
    guard let usual else { return try object.extent(key) }
    return try object.optionalExtent(key) ?? usual
  }

  /// A size that classes know by two names, or that they have a default for: a default taken is noted.
  mutating func size(_ key: String, alias: String, absent usual: Int? = nil) throws(FileError) -> Int {
    guard let value = object.value(alias) else { return try size(key, absent: usual) }
    let number = try object.extent(alias)
    if let other = try object.optionalExtent(key), other != number {
      throw value.error("\(alias) is \(number), but \(key) is \(other)", remedy: "one of the two is expected")
    }
    return number
  }

  /// The same of one name.
  mutating func size(_ key: String, absent usual: Int?) throws(FileError) -> Int {
    if let value = try object.optionalExtent(key) { return value }
    guard let usual else { return try object.extent(key) }
    noteAbsent(key, "\(usual)")
    return usual
  }

  /// Says that a class's default stands for an absent key.
  mutating func noteAbsent(_ key: String, _ usual: String) {
    notes.append(.key(key, meaning: "is absent and taken as \(usual), as transformers does for \(type)"))
  }

  /// Whether a key has a value; where it is absent, whether the class's default is one.
  mutating func isSet(_ key: String, absent usual: Bool) -> Bool {
    object.value(key) != nil || usual && !object.has(key)
  }

  /// A count that may be 0.
  mutating func count(_ key: String, or usual: Int = 0) throws(FileError) -> Int {
    guard let value = object.value(key) else { return usual }
    let number = try value.integer()
    guard number >= 0 else { throw value.error("\(key) is \(number)", remedy: "0 or more is expected") }
    return number
  }

  /// A switch.
  mutating func flag(_ key: String, or usual: Bool = false) throws(FileError) -> Bool {
    try object.flag(key) ?? usual
  }

  /// How many layers there are.
  mutating func layers(
    _ key: String = "num_hidden_layers", alias: String? = nil, absent usual: Int? = nil
  ) throws(FileError) -> Int {
    let number = try alias == nil ? size(key, absent: usual) : size(key, alias: alias ?? key, absent: usual)
    guard number <= Self.mostLayers else {
      throw (object.value(alias ?? key) ?? object.value(key) ?? object.root).error(
        "\(key) is \(number)", remedy: "at most \(Self.mostLayers) is expected")
    }
    return number
  }
}
