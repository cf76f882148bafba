internal import DataFiles
internal import TransformerModels

// Sizes, counts and switches.
extension HuggingFaceReader {
  /// A size; required unless the class has a default for an absent or null key.
  mutating func size(_ key: String, or usual: Int? = nil) throws(FileError) -> Int {
    guard let usual else { return try object.extent(key) }
    return try object.optionalExtent(key) ?? usual
  }

  /// A size that classes may know by two names, or have a default for: a default taken is noted.
  mutating func size(_ key: String, alias: String? = nil, absent usual: Int?) throws(FileError) -> Int {
    if let alias, let value = object.value(alias) {
      let number = try object.extent(alias)
      if let other = try object.optionalExtent(key), other != number {
        throw value.error("\(alias) is \(number), but \(key) is \(other)", remedy: "one of the two is expected")
      }
      return number
    }
    if let value = try object.optionalExtent(key) { return value }
    guard let usual else { return try object.extent(key) }
    noteAbsent(key, "\(usual)")
    return usual
  }

  /// The same as a family spells it.
  mutating func size(_ size: HuggingFaceSize) throws(FileError) -> Int {
    try self.size(size.key, alias: size.alias, absent: size.absent)
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
  mutating func layers() throws(FileError) -> Int {
    let name = family.sizes.layers
    let number = try size(name)
    guard number <= Self.mostLayers else {
      throw (object.value(name.alias ?? name.key) ?? object.value(name.key) ?? object.root).error(
        "\(name.key) is \(number)", remedy: "at most \(Self.mostLayers) is expected")
    }
    return number
  }
}
