/// Text from files and arguments as it may be shown: without characters that steer a terminal, and not without end.
public enum VisibleText {
  /// How many characters of a value are echoed.
  public static let echoLimit = 60

  /// The text with characters that steer a terminal or turn the direction of writing as `\u{1B}`.
  ///
  /// These are C0, DEL and C1 (ISO/IEC 6429), line and paragraph separators, and the bidirectional controls (Unicode
  /// Standard Annex 9). O(size of the text).
  ///
  /// - Parameters:
  ///   - text: what is to be shown.
  ///   - keepsLines: whether line feeds and tabs are the text's own and stay.
  /// - Returns: the text as it may be shown.
  public static func escaped(_ text: String, keepsLines: Bool = false) -> String {
    func steers(_ scalar: Unicode.Scalar) -> Bool {
      Self.steers(scalar) && !(keepsLines && (scalar == "\n" || scalar == "\t"))
    }
    guard text.unicodeScalars.contains(where: steers) else { return text }
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      if steers(scalar) {
        result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Whether a character steers what shows it.
  static func steers(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// A value as a message echoes it: at most `limit` characters, then `…`.
  public static func cut(_ text: String, to limit: Int = echoLimit) -> String {
    guard let end = text.index(text.startIndex, offsetBy: limit, limitedBy: text.endIndex), end < text.endIndex else {
      return text
    }
    return text[..<end] + "…"
  }

  /// A message as one line of bounded length: escaped, long words cut as values are.
  ///
  /// A word with a slash is a path and may be longer; quotes around what is cut stay in pairs.
  ///
  /// - Parameters:
  ///   - text: the message.
  ///   - words: the longest word that stays whole.
  ///   - limit: the most characters of the whole.
  /// - Returns: one line.
  public static func message(_ text: String, words: Int = echoLimit, limit: Int = 1_000) -> String {
    // Cut first: a message can hold a whole file.
    let head = cut(text, to: limit)
    let pieces = head.split(separator: " ", omittingEmptySubsequences: false).map { word -> String in
      let most = word.contains("/") ? max(words, 300) : words
      guard word.count > most + 2 else { return String(word) }
      let quote = word.first.flatMap { "'\"".contains($0) ? String($0) : nil } ?? ""
      return cut(String(word), to: most) + quote
    }
    return escaped(pieces.joined(separator: " "))
  }
}
