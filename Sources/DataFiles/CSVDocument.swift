internal import SwiftCSV

/// A CSV file (RFC 4180 with a header row): fields by row and column, and errors that point at them.
///
/// SwiftCSV splits the text; this adds what it leaves to its caller: unterminated quotes, ragged rows, repeated
/// column names, and the line and column of a field.
public struct CSVDocument: Sendable {
  /// The path as the user gave it.
  public let file: String
  /// The column names of the first row.
  public let header: [String]
  /// The fields of each further row; every row is as wide as the header.
  public let rows: [[String]]
  /// The 1-based line on which each row begins (a quoted field may span lines).
  private let lines: [Int]
  private let text: String
  private let columnIndex: [String: Int]

  /// Reads and splits a CSV file.
  ///
  /// - Throws: ``FileError`` for a missing file, an empty one, an unterminated quote, a ragged row or a repeated
  ///   column. Complexity: O(size of the file).
  public init(contentsOf path: String) throws(FileError) {
    try self.init(text: TextFile.read(path), file: path)
  }

  /// Splits CSV text; `file` names it in errors.
  public init(text: String, file: String) throws(FileError) {
    if text.first(where: { !$0.isWhitespace }) == "{", let kind = JSONKind(text) {
      throw FileError(.malformed, file: file, problem: "is no CSV but \(kind.description)", remedy: "a CSV is expected")
    }
    // Quotes inside quoted fields are doubled, so a well-formed text has an even number of them.
    guard text.utf8.count(where: { $0 == UInt8(ascii: "\"") }).isMultiple(of: 2) else {
      throw Self.quotingError(text, file: file)
    }
    // Without a final newline SwiftCSV drops an empty last field.
    let terminated = text.isEmpty || text.hasSuffix("\n") || text.hasSuffix("\r\n") ? text : text + "\n"
    var records: [[String]] = []
    do {
      // Row by row: the parsed document's own rows are padded to the widest, which hides ragged ones.
      let csv = try CSV<Enumerated>(string: terminated, delimiter: .comma, loadColumns: false, rowLimit: 1)
      try csv.enumerateAsArray(startAt: 0, rowLimit: nil) { records.append($0) }
    } catch {
      throw Self.quotingError(text, file: file)
    }
    if records.isEmpty { records = [[]] }
    let header = records.removeFirst()
    if let fault = Self.otherSeparator(header, file: file) { throw fault }
    guard header.contains(where: { !$0.isEmpty }) else {
      throw FileError(.malformed, file: file, line: 1, problem: "has no header row", remedy: "begin with column names")
    }
    var index: [String: Int] = [:]
    for (position, name) in header.enumerated() where index.updateValue(position, forKey: name) != nil {
      let place = Self.place(of: position, rowOnLine: 1, in: terminated)
      throw FileError(
        .malformed, file: file, line: place.line, column: place.column,
        problem: name.isEmpty ? "two columns have no name" : "column \(name) stands twice", remedy: "keep one of them")
    }

    var line = 1 + Self.lineCount(header)
    var rows: [[String]] = []
    var lines: [Int] = []
    for record in records {
      defer { line += Self.lineCount(record) }
      if record == [""] { continue }  // a blank line
      guard record.count == header.count else {
        throw FileError(
          .malformed, file: file, line: line, problem: "the row has \(record.count) fields",
          remedy: "the header has \(header.count)")
      }
      rows.append(record)
      lines.append(line)
    }
    self.file = file
    self.header = header
    self.rows = rows
    self.lines = lines
    self.text = terminated
    self.columnIndex = index
  }

  /// The position of a column, or nil when the file has no such column.
  public func column(_ name: String) -> Int? { columnIndex[name] }

  /// The position of a column that must be there.
  ///
  /// - Throws: ``FileError`` that lists what the header has.
  public func requiredColumn(_ name: String) throws(FileError) -> Int {
    if let index = columnIndex[name] { return index }
    throw FileError(
      .malformed, file: file, line: 1, problem: "column \(name) is missing",
      remedy: "the header has \(header.joined(separator: ","))")
  }

  /// An error at one field, with the line and the column in characters on which the field begins.
  public func error(row: Int, column: Int, problem: String, remedy: String = "") -> FileError {
    let place = Self.place(of: column, rowOnLine: lines[row], in: text)
    return FileError(
      .malformed, file: file, line: place.line, column: place.column, problem: problem, remedy: remedy)
  }

  /// An error about a whole row.
  public func error(row: Int, problem: String, remedy: String = "") -> FileError {
    FileError(.malformed, file: file, line: lines[row], problem: problem, remedy: remedy)
  }

  private static func lineCount(_ record: [String]) -> Int {
    1 + record.reduce(0) { $0 + $1.count(where: \.isNewline) }
  }
}

extension CSVDocument {
  /// Header and rows as RFC 4180 text with `\n` line ends; a field is quoted only where it must be.
  public static func serialize(header: [String], rows: some Sequence<[String]>) -> String {
    var text = line(header)
    for row in rows { text += line(row) }
    return text
  }

  private static func line(_ fields: [String]) -> String {
    fields.map(quotedIfNeeded).joined(separator: ",") + "\n"
  }

  private static func quotedIfNeeded(_ field: String) -> String {
    let needsQuotes =
      field.contains { $0 == "," || $0 == "\"" || $0.isNewline } || field.first?.isWhitespace == true
    guard needsQuotes else { return field }
    return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
