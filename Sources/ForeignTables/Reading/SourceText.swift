internal import DataFiles

/// A file's text, cut into lines and words that know their place.
struct SourceText {
  /// A line with its 1-based number.
  struct Line {
    let number: Int
    let text: Substring
  }

  /// A word with the 1-based column at which it begins.
  struct Word {
    let text: String
    let column: Int
  }

  let text: String
  let file: String

  init(_ text: String, file: String) {
    self.text = text
    self.file = file
  }

  /// All lines, empty ones too.
  var lines: [Line] {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().map {
      Line(number: $0 + 1, text: $1)
    }
  }

  /// An error at a word.
  func error(_ line: Int, _ column: Int? = nil, _ problem: String, _ remedy: String = "") -> FileError {
    FileError(.malformed, file: file, line: line, column: column, problem: problem, remedy: remedy)
  }

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

  /// The fields of a line between commas, without the blanks around them.
  static func fields(_ line: Substring) -> [Word] {
    var column = 1
    let parts: [Substring] = line.split(separator: ",", omittingEmptySubsequences: false)
    return parts.map { part in
      defer { column += part.count + 1 }
      var text = part.drop(while: \.isWhitespace)
      let blanks = part.count - text.count
      while text.last?.isWhitespace == true { text.removeLast() }
      return Word(text: String(text), column: column + blanks)
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
