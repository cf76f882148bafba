internal import DataFiles

/// The tables in a tool's log: a header line, rows below it, text around them; a log may hold several.
struct LogTable {
  /// How a format's tables look.
  struct Form {
    /// Cuts a line into fields.
    var cut: (Substring) -> [SourceText.Word]
    /// Whether the fields are a header's.
    var isHeader: ([SourceText.Word]) -> Bool
    /// Whether the fields below a header with these columns are meant as a row; what is not is the tool's talk.
    var isRow: ([SourceText.Word], [String: Int]) -> Bool
    /// Whether the fields are talk that stands even in a file which begins with a header.
    var isTalk: (([SourceText.Word]) -> Bool)?
    /// Whether the column at a position of a header is understood.
    var isKnown: ([SourceText.Word], Int) -> Bool
    /// The columns that must be there.
    var required: [String]
    /// The columns that times are read from, with their unit.
    var times: String
  }

  /// The rows of all tables of a log.
  ///
  /// - Throws: `FileError` for a log without a header, an unknown or missing column, a row that is not as wide as its
  ///   header.
  static func rows(
    _ source: SourceText, _ form: Form, ignoring ignored: Set<String>
  ) throws(FileError) -> [SourceRow] {
    var header: [SourceText.Word] = []
    var columns: [String: Int] = [:]
    var rows: [SourceRow] = []
    var talk = ""
    var heading = (above: "", header: "")
    let lines = source.lines
    // A log has text around its tables; a file that begins with a header is a table and nothing else.
    let beginsWithHeader =
      lines.lazy.map { form.cut($0.text) }.first { !$0.allSatisfy(\.text.isEmpty) }
      .map(form.isHeader) ?? false
    for line in lines {
      let words = form.cut(line.text)
      if form.isHeader(words) {
        header = SourceText.distinct(words)
        columns = try index(header, form, source, line.number, ignored)
        heading = (talk, String(line.text).trimmingBlanks)
        talk = ""
      } else if !header.isEmpty, form.isRow(words, columns) {
        guard words.count == header.count else {
          throw source.error(
            line.number, nil, "the row has \(words.count) fields", "the header above it has \(header.count)")
        }
        var row = row(words, columns, source, line.number)
        row.heading = heading
        rows.append(row)
        talk = ""
      } else if !words.allSatisfy(\.text.isEmpty) {
        if beginsWithHeader, form.isTalk?(words) != true {
          throw source.error(
            line.number, nil, "the line is no row of the table", "each line below the header has its fields")
        }
        talk = String(line.text).trimmingBlanks
      }
    }
    guard !header.isEmpty else {
      throw FileError(
        .malformed, file: source.file, problem: "has no header of this format",
        remedy: "a header has \(form.required.joined(separator: ", "))")
    }
    return rows
  }

  /// One row of the fields of a line.
  static func row(
    _ words: [SourceText.Word], _ columns: [String: Int], _ source: SourceText, _ line: Int
  ) -> SourceRow {
    let places = words.map(\.column)
    return SourceRow(columns: columns, fields: words.map(\.text), line: line) {
      source.error(line, $0.flatMap { places.indices.contains($0) ? places[$0] : nil }, $1, $2)
    }
  }

  /// Where each column of a header stands, when all are known.
  static func index(
    _ header: [SourceText.Word], _ form: Form, _ source: SourceText, _ line: Int, _ ignored: Set<String>
  ) throws(FileError) -> [String: Int] {
    var columns: [String: Int] = [:]
    for (index, word) in header.enumerated() {
      guard
        form.isKnown(header, index) || UnknownColumn.isHarmless(word.text, at: index) || ignored.contains(word.text)
      else {
        throw UnknownColumn(name: word.text, position: index, times: form.times)
          .error(source, line: line, column: word.column)
      }
      columns[word.text] = index
    }
    for name in form.required where columns[name] == nil {
      throw source.error(
        line, nil, "column \(name) is missing", "the header has \(header.map(\.text).joined(separator: ","))")
    }
    return columns
  }
}
