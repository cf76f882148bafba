/// What a launcher or log writes in front of each line: `[1,0]<stdout>:`, `0: `, a time, a pod's name, `> `.
///
/// No launcher is known by name. What stands before a table's header shows the form: words, blanks, times and the signs
/// between them, and lines of that form have it too. What is left of a prefix without its times tells the processes
/// apart whose lines were written into one file.
struct LinePrefix: Hashable {
  private enum Token: Hashable {
    /// Letters and digits.
    case word
    case blank
    /// A date, a time of day or seconds.
    case time
    case sign(Character)
  }

  private let tokens: [Token]

  /// The form of what stands before a header; nil where that is blank.
  init?(_ before: Substring) {
    guard before.contains(where: { !$0.isWhitespace }) else { return nil }
    var tokens: [Token] = []
    var rest = before
    while let next = Self.next(&rest) { tokens.append(next) }
    // Blanks behind it may belong to the tool's own line.
    while tokens.last == .blank { tokens.removeLast() }
    self.tokens = tokens
  }

  /// Where the prefix of a line ends; nil for a line without it.
  func end(in line: Substring) -> Substring.Index? {
    var rest = line
    for token in tokens {
      // A launcher may leave out the blanks of an empty line.
      if token == .blank, rest.first?.isWhitespace != true { continue }
      guard Self.next(&rest) == token else { return nil }
    }
    return rest.startIndex
  }

  /// Which process wrote a line, by its prefix: all of it but the times, or a dot where nothing else is there.
  static func process(_ prefix: Substring) -> String {
    var (process, rest) = ("", prefix)
    while !rest.isEmpty {
      let start = rest.startIndex
      let token = next(&rest)
      if token == .blank { process += " " }
      if token != .blank, token != .time { process += prefix[start..<rest.startIndex] }
    }
    let name = process.trimmingBlanks
    return name.isEmpty ? "·" : name
  }

  /// The text with a blank for each character of the tags that mpirun puts wherever a process's writing goes on.
  static func withoutTags(_ text: Substring) -> Substring {
    guard text.contains("]<std") else { return text }
    var result = text
    while let tag = result.firstMatch(of: /\[[^\[\]<>]*\d+,\d+\](\[[^\[\]<>]*\])?<std(out|err|diag)>:?/) {
      result.replaceSubrange(tag.range, with: String(repeating: " ", count: tag.output.0.count))
    }
    return result
  }

  private static func next(_ rest: inout Substring) -> Token? {
    guard let first = rest.first else { return nil }
    if first.isWhitespace {
      rest = rest.drop(while: \.isWhitespace)
      return .blank
    }
    guard first.isLetter || first.isNumber || first == "_" else {
      rest.removeFirst()
      return .sign(first)
    }
    if let time = time(rest) {
      rest = rest[time...]
      return .time
    }
    rest = rest.drop { $0.isLetter || $0.isNumber || $0 == "_" }
    return .word
  }

  /// Whether a text may begin with a time: most words cannot, and a long log has many.
  private static func mayBeTime(_ text: Substring) -> Bool {
    let word = text.utf8.prefix { $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x41 && $0 <= 0x5A || $0 >= 0x61 && $0 <= 0x7A }
    guard let first = word.first else { return false }
    guard first <= 0x39 else { return word.count == 3 && names.contains(String(Substring(word))) }
    let digits = text.utf8.prefix { $0 >= 0x30 && $0 <= 0x39 }
    if digits.count >= 9 { return true }
    let next = text.utf8.dropFirst(digits.count).prefix(1).first
    return [UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: ".")].contains(next)
  }

  private static let names: Set<String> = [
    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
    "Oct",
    "Nov", "Dec",
  ]

  /// Where a time ends that a text begins with: as of ISO 8601, syslog, ctime, a clock or seconds with a fraction.
  private static func time(_ text: Substring) -> Substring.Index? {
    guard mayBeTime(text) else { return nil }
    let dated = /\d{4}[-\/]\d\d[-\/]\d\d([T ]\d\d:\d\d(:\d\d)?([.,]\d+)?(Z|[+-]\d\d:?\d\d)?)?/
    // A year behind the clock only as ctime writes it, or the first figure of a row would be taken for one.
    let ctime = /[A-Z][a-z][a-z] [A-Z][a-z][a-z] +\d{1,2} \d\d:\d\d:\d\d (19|20)\d\d(?!\d)/
    let named = /([A-Z][a-z][a-z],? +)?[A-Z][a-z][a-z] +\d{1,2},? +(\d{4} +)?\d\d:\d\d:\d\d([.,]\d+)?/
    let clock = /\d{1,2}:\d\d:\d\d([.,]\d+)?/
    let seconds = /\d+\.\d+|\d{9,}/
    if let match = text.prefixMatch(of: dated) { return match.range.upperBound }
    if let match = text.prefixMatch(of: ctime) { return match.range.upperBound }
    if let match = text.prefixMatch(of: named) { return match.range.upperBound }
    if let match = text.prefixMatch(of: clock) { return match.range.upperBound }
    return text.prefixMatch(of: seconds)?.range.upperBound
  }
}

extension String {
  /// The text without blanks at its ends.
  var trimmingBlanks: String {
    var text = drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
