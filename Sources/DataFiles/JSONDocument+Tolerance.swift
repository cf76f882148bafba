// What stands bare in JSON, and what Python writes there that Foundation does not take.
extension JSONDocument {
  /// What Python's `json` writes for numbers that are none.
  static let pythonsNumbers = ["Infinity", "-Infinity", "NaN"]

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
      guard pythonsNumbers.contains(word) || (Double(word)?.isInfinite == true && isNumber(token[...])) else {
        return token
      }
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

  /// Whether a byte can be part of a number or word.
  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// Whether a token is a number as JSON writes them: no leading zero, and digits on both sides of a point.
  static func isNumber(_ token: ArraySlice<UInt8>) -> Bool {
    var rest = token
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
}
