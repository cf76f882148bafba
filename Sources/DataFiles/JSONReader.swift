/// Reads JSON once, from the first byte to the last, and keeps where each value begins.
///
/// The grammar is RFC 8259's with what ``JSONDocument`` lets pass. What is wrong with a text that is none is not said
/// here: Foundation has the words for that.
struct JSONReader {
  /// Why there is no value.
  enum Fault: Error {
    /// The text is no JSON.
    case notJSON
    /// An object has keys twice; the place is where the first of them stands first.
    case twice(keys: [String], line: Int, column: Int)
  }

  /// Arrays and objects within each other, as many as Foundation takes: reading them calls itself.
  private static let deepest = 512

  private let bytes: [UInt8]
  private var next = 0
  private var depth = 0
  private var line = 1
  /// Where the line's characters would begin if each had one byte.
  private var lineStart = 0
  /// What is wrong with JSON that is otherwise sound: told where nothing else is.
  private var twice: Fault?

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The outermost value, behind which nothing else stands.
  mutating func document() throws(Fault) -> JSONNode {
    skipBlanks()
    let node = try value()
    skipBlanks()
    guard next == bytes.count else { throw .notJSON }
    if let twice { throw twice }
    return node
  }

  private var column: Int { next - lineStart + 1 }

  private var byte: UInt8? { next < bytes.count ? bytes[next] : nil }

  /// Takes a byte where it comes next.
  private mutating func take(_ expected: Unicode.Scalar) -> Bool {
    guard let byte, byte == UInt8(ascii: expected) else { return false }
    next += 1
    return true
  }

  /// Counts lines as editors do: a carriage return and a line feed together end one.
  private mutating func skipBlanks() {
    while let byte {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"): next += 1
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        next += 1
        if byte == UInt8(ascii: "\r") { _ = take("\n") }
        line += 1
        lineStart = next
      default: return
      }
    }
  }

  private mutating func value() throws(Fault) -> JSONNode {
    let (line, column) = (line, column)
    let content: JSONNode.Content =
      switch byte {
      case UInt8(ascii: "{"): .object(try object())
      case UInt8(ascii: "["): .array(try array())
      case UInt8(ascii: "\""): .string(try string())
      default: .bare(try bare())
      }
    return JSONNode(content: content, line: line, column: column)
  }

  private mutating func array() throws(Fault) -> [JSONNode] {
    var elements: [JSONNode] = []
    try list(until: "]") { (reader) throws(Fault) in elements.append(try reader.value()) }
    return elements
  }

  private mutating func object() throws(Fault) -> [(key: String, value: JSONNode)] {
    var members: [(key: String, value: JSONNode)] = []
    var places: [(line: Int, column: Int)] = []
    try list(until: "}") { (reader) throws(Fault) in
      places.append((reader.line, reader.column))
      let key = try reader.string()
      reader.skipBlanks()
      guard reader.take(":") else { throw .notJSON }
      reader.skipBlanks()
      members.append((key, try reader.value()))
    }
    if twice == nil { twice = Self.twice(members.map(\.key), places) }
    return members
  }

  /// What a bracket opens: items with commas between, and one behind the last where its writer left it.
  private mutating func list(
    until close: Unicode.Scalar, _ item: (inout JSONReader) throws(Fault) -> Void
  ) throws(Fault) {
    guard depth < Self.deepest else { throw .notJSON }
    depth += 1
    next += 1
    skipBlanks()
    while !take(close) {
      try item(&self)
      skipBlanks()
      if take(",") {
        skipBlanks()
      } else if byte != UInt8(ascii: close) {
        throw .notJSON
      }
    }
    depth -= 1
  }

  private static func twice(_ keys: [String], _ places: [(line: Int, column: Int)]) -> Fault? {
    guard Set(keys).count < keys.count else { return nil }
    let again = Dictionary(grouping: keys.indices) { keys[$0] }.filter { $1.count > 1 }
    let sorted = again.keys.sorted()
    guard let place = sorted.first.flatMap({ again[$0]?.first }).map({ places[$0] }) else { return nil }
    return .twice(keys: sorted, line: place.line, column: place.column)
  }

  /// A number, true, false or null, as written.
  private mutating func bare() throws(Fault) -> String {
    let start = next
    while let byte, JSONDocument.isTokenByte(byte) { next += 1 }
    let token = bytes[start..<next]
    let word = String(decoding: token, as: UTF8.self)
    guard JSONDocument.isNumber(token) || Self.words.contains(word) else { throw .notJSON }
    return word
  }

  private static let words = ["true", "false", "null"] + JSONDocument.pythonsNumbers

  private mutating func string() throws(Fault) -> String {
    guard take("\"") else { throw .notJSON }
    var start = next
    var text = ""
    while let byte, byte >= 0x20 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        text += String(decoding: bytes[start..<next], as: UTF8.self)
        next += 1
        if byte == UInt8(ascii: "\"") { return text }
        text.unicodeScalars.append(try escaped())
        start = next
      } else {
        // Columns count characters, of which these bytes are the second and further ones.
        if byte & 0xC0 == 0x80 { lineStart += 1 }
        next += 1
      }
    }
    throw .notJSON
  }

  /// The character that stands behind a backslash.
  private mutating func escaped() throws(Fault) -> Unicode.Scalar {
    guard let byte else { throw .notJSON }
    next += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var code = try codeUnit()
      // Characters outside the basic plane are escaped as two.
      if code & 0xFC00 == 0xD800, take("\\"), take("u") {
        let low = try codeUnit()
        guard low & 0xFC00 == 0xDC00 else { throw .notJSON }
        code = 0x10000 + ((code & 0x3FF) << 10 | low & 0x3FF)
      }
      guard let scalar = Unicode.Scalar(code) else { throw .notJSON }
      return scalar
    default: throw .notJSON
    }
  }

  private mutating func codeUnit() throws(Fault) -> UInt32 {
    let digits = bytes[next...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw .notJSON }
    next += 4
    return code
  }
}
