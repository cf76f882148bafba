// Text that is JSON, or nearly so, and that one of the two parsers behind a document does not take.
extension JSONDocument {
  /// The text with a plain number wherever one stands that Foundation cannot hold, every byte at its place.
  ///
  /// Those are `Infinity`, `-Infinity` and `NaN`, which Python's `json` writes, and numbers beyond `Double`. The values
  /// themselves are taken from the text as it was; a number that is asked for must be finite.
  static func withPlainNumbers(_ text: String) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count)
    var token: [UInt8] = []
    var (isInString, isEscaped) = (false, false)
    func plain(_ token: [UInt8]) -> [UInt8] {
      let word = String(decoding: token, as: UTF8.self)
      let isSpecial = ["Infinity", "-Infinity", "NaN"].contains(word)
      guard isSpecial || (Double(word)?.isInfinite == true && isNumber(token)) else { return token }
      return [UInt8(ascii: "1")] + Array(repeating: UInt8(ascii: " "), count: token.count - 1)
    }
    for byte in text.utf8 {
      if isInString {
        isInString = isEscaped || byte != UInt8(ascii: "\"")
        isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
        result.append(byte)
      } else if isTokenByte(byte) {
        token.append(byte)
      } else {
        result += plain(token)
        token = []
        isInString = byte == UInt8(ascii: "\"")
        result.append(byte)
      }
    }
    return String(decoding: result + plain(token), as: UTF8.self)
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// Whether a token is a number as JSON writes them: no leading zero, and digits on both sides of a point.
  private static func isNumber(_ token: [UInt8]) -> Bool {
    var rest = token[...]
    func digits() -> Int {
      let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let startsWithZero = rest.first == UInt8(ascii: "0")
    let whole = digits()
    guard whole > 0, whole == 1 || !startsWithZero else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard digits() > 0 else { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  /// JSON text as YAML takes it: what follows on the same line may be reported some columns off.
  ///
  /// A line end between a key and its colon goes behind the colon, a key of more than 1,000 characters is cut, and
  /// characters that YAML calls unprintable are escaped.
  static func inYAMLsTerms(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    var cutKeys = 0
    while let quote = rest.firstIndex(of: "\"") {
      result += rest[..<quote]
      let end = endOfString(rest[quote...])
      let string = rest[quote..<end]
      let blanks = rest[end...].prefix { " \t\r\n".unicodeScalars.contains($0) }
      let isKey = rest[blanks.endIndex...].first == ":"
      if isKey, string.count > longestKey {
        cutKeys += 1
        result += "\"a key of \(string.count) characters (\(cutKeys))\"".unicodeScalars
      } else {
        result += printable(string)
      }
      rest = rest[end...]
      if isKey {
        result.append(":")
        result += blanks
        rest = rest[blanks.endIndex...].dropFirst()
      }
    }
    result += rest
    return String(result)
  }

  /// YAML takes keys of at most 1,024 characters.
  private static let longestKey = 1000

  /// Where a string ends that begins with a quotation mark.
  private static func endOfString(_ text: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView.Index {
    var isEscaped = false
    for index in text.indices.dropFirst() {
      if isEscaped {
        isEscaped = false
      } else if text[index] == "\\" {
        isEscaped = true
      } else if text[index] == "\"" {
        return text.index(after: index)
      }
    }
    return text.endIndex
  }

  private static func printable(_ text: Substring.UnicodeScalarView) -> String.UnicodeScalarView {
    var result = String.UnicodeScalarView()
    for scalar in text {
      switch scalar.value {
      case 0x7f...0x9f, 0x2028, 0x2029, 0xfffe, 0xffff:
        let digits = String(scalar.value, radix: 16)
        result += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars
      default: result.append(scalar)
      }
    }
    return result
  }
}
