extension CSVDocument {
  /// The error of a header that is one field, as other signs than commas separate its names.
  static func otherSeparator(_ header: [String], file: String) -> FileError? {
    guard header.count == 1, let line = header.first else { return nil }
    for (sign, name) in [(Character(";"), "semicolons"), ("\t", "tabs"), ("|", "bars")] where line.contains(sign) {
      return FileError(
        .malformed, file: file, line: 1, problem: "\(name) separate the columns",
        remedy: "separate them with commas, and write numbers with a decimal point")
    }
    return nil
  }

  /// Where a field begins: found only when an error asks for it.
  static func place(of field: Int, rowOnLine rowLine: Int, in text: String) -> (line: Int, column: Int) {
    var line = 1
    var start = text.startIndex
    while line < rowLine, let newline = text[start...].firstIndex(where: \.isNewline) {
      start = text.index(after: newline)
      line += 1
    }
    var column = 1
    var remaining = field
    var isQuoted = false
    for character in text[start...] {
      if remaining == 0 { break }
      if character == "\"" { isQuoted.toggle() }
      if character == ",", !isQuoted { remaining -= 1 }
      column += 1
      if character.isNewline { (line, column) = (line + 1, 1) }
    }
    return (line, column)
  }

  /// The first place where quotes are not as RFC 4180 wants them, in a text that has one.
  static func quotingError(_ text: String, file: String) -> FileError {
    enum State { case fieldBegin, plain, quoted, afterQuote }
    var state = State.fieldBegin
    var (line, column) = (1, 1)
    var opening = (line: 1, column: 1)
    for character in text {
      switch (state, character) {
      case (.fieldBegin, "\""):
        opening = (line, column)
        state = .quoted
      case (.quoted, "\""): state = .afterQuote
      case (.afterQuote, "\""): state = .quoted
      case (.quoted, _): break
      case (_, ","): state = .fieldBegin
      case (_, _) where character.isNewline: state = .fieldBegin
      case (.afterQuote, _) where !character.isWhitespace:
        return FileError(
          .malformed, file: file, line: line, column: column, problem: "text follows the closing quote of a field",
          remedy: "double the quotes inside a quoted field")
      case (.plain, "\""):
        return FileError(
          .malformed, file: file, line: line, column: column, problem: "a quote stands inside an unquoted field",
          remedy: "quote the whole field and double the quotes inside it")
      case (.fieldBegin, _) where !character.isWhitespace: state = .plain
      default: break
      }
      column += 1
      if character.isNewline { (line, column) = (line + 1, 1) }
    }
    return FileError(
      .malformed, file: file, line: opening.line, column: opening.column, problem: "a quoted field is not closed",
      remedy: "close it with \"")
  }
}
