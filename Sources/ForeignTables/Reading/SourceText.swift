internal import DataFiles

/// A file's text, cut into lines and words that know their place.
///
/// What launchers and logs put in front of lines is seen through: a line is what its process wrote.
struct SourceText {
  /// A line with its 1-based number.
  struct Line {
    let number: Int
    /// The line, with blanks in the place of what a launcher put in front.
    let text: Substring
    /// Which process wrote it, by what a launcher put in front; empty where nothing is.
    var process = ""
  }

  /// A word with the 1-based column at which it begins.
  struct Word {
    let text: String
    let column: Int
  }

  /// The text as it stands in the file, without the codes of colors.
  let text: String
  let file: String
  /// The lines, empty ones too; where several processes wrote tables, those of one process follow each other.
  let lines: [Line]

  /// - Parameters:
  ///   - text: the file's text.
  ///   - file: names it in errors.
  ///   - headerStart: where a header of the format begins in a line that has one.
  init(_ text: String, file: String, headerStart: (Substring) -> Substring.Index? = { _ in nil }) {
    let plain = Self.withoutColors(text)
    self.text = plain
    self.file = file
    let all = plain.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().map {
      Line(number: $0 + 1, text: $1)
    }
    lines = PrefixedLines(all, headerStart).lines
  }

  /// A text that is read as a whole.
  init(whole text: String, file: String) { (self.text, self.file, lines) = (text, file, []) }

  /// The lines as one text, without what a launcher put in front, and how many characters that was by line.
  var unprefixed: (text: String, shifts: [Int]) {
    guard lines.contains(where: { !$0.process.isEmpty }) else { return (text, []) }
    var shifts = [Int](repeating: 0, count: (lines.map(\.number).max() ?? 0) + 1)
    var texts = [Substring](repeating: "", count: shifts.count)
    for line in lines {
      let own = line.process.isEmpty ? line.text : line.text.drop(while: \.isWhitespace)
      (texts[line.number], shifts[line.number]) = (own, line.text.count - own.count)
    }
    return (texts.dropFirst().joined(separator: "\n"), shifts)
  }

  /// An error at a word.
  func error(_ line: Int, _ column: Int? = nil, _ problem: String, _ remedy: String = "") -> FileError {
    FileError(.malformed, file: file, line: line, column: column, problem: problem, remedy: remedy)
  }

  /// The text without the escape sequences with which terminals are told colors (ECMA-48, CSI).
  private static func withoutColors(_ text: String) -> String {
    guard text.utf8.contains(0x1B) else { return text }
    return text.replacing(/\u{1B}\[[0-9;:?]*[ -\/]*[@-~]/, with: "")
  }
}

extension SourceText {
  /// The words of a line between blanks.
  static func words(_ line: Substring) -> [Word] {
    var words: [Word] = []
    var (current, start) = ("", 1)
    for (index, character) in line.enumerated() {
      if character.isWhitespace {
        if !current.isEmpty { words.append(Word(text: current, column: start)) }
        current = ""
      } else {
        if current.isEmpty { start = index + 1 }
        current.append(character)
      }
    }
    if !current.isEmpty { words.append(Word(text: current, column: start)) }
    return words
  }

  /// The fields of a line between commas, without the blanks around them; quoted as in RFC 4180.
  static func fields(_ line: Substring) -> [Word] {
    var fields: [Word] = []
    var (current, start, isQuoted, wasQuoted) = ("", 1, false, false)
    func close(_ next: Int) {
      fields.append(Word(text: wasQuoted ? current : current.trimmingBlanks, column: start))
      (current, start, wasQuoted) = ("", next, false)
    }
    for (index, character) in line.enumerated() {
      switch character {
      case "\"" where isQuoted: isQuoted = false
      case "\"" where current.isEmpty:
        // A quote behind a closing one is the quote itself.
        if wasQuoted { current.append("\"") }
        (isQuoted, wasQuoted) = (true, true)
      case "\"" where wasQuoted:
        current.append("\"")
        isQuoted = true
      case "," where !isQuoted: close(index + 2)
      case _ where character.isWhitespace && !isQuoted && (current.isEmpty || wasQuoted):
        if current.isEmpty, !wasQuoted { start = index + 2 }
      default: current.append(character)
      }
    }
    close(0)
    return fields
  }

  /// Where a CSV header begins in a line: at its first name, or behind what a launcher put in front.
  static func headerStart(
    _ line: Substring, _ isHeader: ([Word]) -> Bool
  ) -> Substring.Index? {
    var start = line.startIndex
    while true {
      let rest = line[start...]
      if let first = rest.first, !first.isWhitespace {
        let words = fields(rest)
        let name = words.first?.text ?? ""
        let isName =
          first == "\"" || first == "," || name.wholeMatch(of: /(\[\d+\]:?)?[A-Za-z_][A-Za-z0-9_.#\/-]*/) != nil
        if isName, isHeader(words) { return start }
      }
      let ends: Set<Character> = [":", ">", "|", "]", ")", "+"]
      guard let end = rest.firstIndex(where: { $0.isWhitespace || ends.contains($0) }) else { return nil }
      start = line.index(after: end)
    }
  }

  /// The names of a header with `#2`, `#3` after those that stand again.
  static func distinct(_ header: [Word]) -> [Word] {
    var seen: [String: Int] = [:]
    return header.map { word in
      let count = seen[word.text, default: 0] + 1
      seen[word.text] = count
      return count == 1 ? word : Word(text: "\(word.text)#\(count)", column: word.column)
    }
  }
}
