internal import DataFiles
internal import GEMMTiming

extension JSONValue {
  /// Refuses keys that the format does not know.
  func allow(_ known: [String]) throws(FileError) {
    for key in keys where !known.contains(key) {
      let place = self[key] ?? self
      throw place.error("\"\(key)\" is not a key of this object", remedy: "one of \(known.joined(separator: ", "))")
    }
  }

  /// A member that is `{"value": 3.35e12, "source": "…"}`: a positive number that its key lets be, with where it is from.
  func figure(_ key: String) throws(FileError) -> Figure {
    try required(key).figure(in: PlausibleRange.of(key))
  }

  /// `{"value": 3.35e12, "source": "…"}`: a positive number with where it is from.
  func figure(wholeUpTo limit: Double? = nil, in range: ClosedRange<Double>? = nil) throws(FileError) -> Figure {
    let value = try required("value")
    try allow(["value", "source"])
    let number = try value.double()
    guard number > 0 else { throw value.error("value is \(number)", remedy: "a number above 0 is expected") }
    if let range { try PlausibleRange.check(number, range, "value", at: value) }
    if let limit, number != number.rounded() || number > limit {
      throw value.error("value is \(number)", remedy: "a whole number up to \(Int(limit)) is expected")
    }
    return Figure(number, source: try required("source").nonEmptyString())
  }

  /// A figure above 0 that is at most 1, or `most`.
  func fraction(upTo most: Double = 1) throws(FileError) -> Figure {
    let figure = try figure(in: PlausibleRange.of("fraction"))
    guard figure.value <= most else {
      let limit = most == 1 ? "1" : "\(most)"
      throw try required("value").error(
        "value is \(figure.value)", remedy: "a fraction of at most \(limit) is expected")
    }
    return figure
  }

  /// A list of element types.
  func dtypes() throws(FileError) -> [DataType] {
    var dtypes: [DataType] = []
    for item in try array() {
      guard let dtype = DataType(rawValue: try item.string()) else {
        throw item.error("dtype is \(try item.string())", remedy: "one of \(DataType.list) is expected")
      }
      dtypes.append(dtype)
    }
    return dtypes
  }

  /// A string that says something.
  func nonEmptyString() throws(FileError) -> String {
    let text = try string()
    guard text.contains(where: { !$0.isWhitespace }) else { throw error("the text is empty", remedy: "fill it in") }
    return text
  }

  /// A tile's extent.
  func extent() throws(FileError) -> Int {
    let number = try integer()
    guard (1...65536).contains(number) else {
      throw error("the extent is \(number)", remedy: "a whole number from 1 to 65536 is expected")
    }
    return number
  }

  /// The elements of an array, each turned into a value.
  func mapped<Value>(_ transform: (JSONValue) throws(FileError) -> Value) throws(FileError) -> [Value] {
    var values: [Value] = []
    for item in try array() { values.append(try transform(item)) }
    return values
  }

  /// One of an enumeration's words.
  func word<Word: RawRepresentable & CaseIterable>() throws(FileError) -> Word where Word.RawValue == String {
    let text = try string()
    if let word = Word(rawValue: text) { return word }
    let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
    throw error("\"\(text)\" is not known here", remedy: "one of \(known) is expected")
  }

  /// A list of an enumeration's words.
  func words<Word: RawRepresentable & CaseIterable>() throws(FileError) -> [Word] where Word.RawValue == String {
    try mapped { (item) throws(FileError) in try item.word() }
  }

  /// A member that is a number within limits.
  func number(
    _ key: String, above lower: Double = -.infinity, from least: Double = -.infinity, upTo most: Double = .infinity
  ) throws(FileError) -> Double {
    let value = try required(key)
    let number = try value.double()
    guard number > lower, number >= least, number <= most else {
      let limits =
        (lower.isFinite ? " above \(lower)" : "") + (least.isFinite ? " of at least \(least)" : "")
        + (most.isFinite ? " up to \(most)" : "")
      throw value.error("\(key) is \(number)", remedy: "a number\(limits) is expected")
    }
    try PlausibleRange.check(number, PlausibleRange.of(key), key, at: value)
    return number
  }
}
