internal import TextTable

extension DocumentTable {
  /// Columns aligned with spaces, titles underlined.
  ///
  /// O(fields).
  public var text: String {
    // The library pads to the full width; spaces at the end of a line serve nobody.
    render(self, in: Style.simple).split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in String(line.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
  }

  /// A Markdown table in GitHub's dialect.
  ///
  /// O(fields).
  public var markdown: String {
    let escaped = rows.map { row in
      row.map { $0.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
    }
    return render(DocumentTable(columns, rows: escaped), in: Style.pipe)
  }
}

/// Outside the extension, where `Column` is the library's.
private func render(_ table: DocumentTable, in style: any TextTableStyle.Type) -> String {
  let titles = zip(table.columns, table.columns.indices)
  let adapter = TextTable<[String]> { row in
    titles.map { Column(title: $0.title, value: row[$1], align: $0.alignment == .left ? .left : .right) }
  }
  return adapter.string(for: table.rows, style: style) ?? ""
}
