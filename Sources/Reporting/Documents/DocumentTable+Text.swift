internal import DataFiles
internal import TextTable

extension DocumentTable {
  /// Columns aligned with spaces, titles underlined.
  ///
  /// O(fields).
  public var text: String {
    // The library pads to the full width; spaces at the end of a line serve nobody.
    render(mapped { VisibleText.escaped($0) }, in: Style.simple).split(
      separator: "\n", omittingEmptySubsequences: false
    )
    .map { line in line.dropLast { $0 == " " } }.joined(separator: "\n")
  }

  /// A Markdown table in GitHub's dialect.
  ///
  /// O(fields).
  public var markdown: String {
    render(mapped(MarkdownText.field), in: Style.pipe)
  }

  /// The table with each title and field changed.
  private func mapped(_ change: (String) -> String) -> DocumentTable {
    DocumentTable(
      columns.map { Column(change($0.title), $0.alignment) }, rows: rows.map { row in row.map(change) })
  }
}

/// Outside the extension, where `Column` is the library's.
private func render(_ table: DocumentTable, in style: any TextTableStyle.Type) -> String {
  // The library would find the widths by making every field again.
  let widths = table.columns.enumerated().map { index, column in
    table.rows.reduce(column.title.count) { max($0, $1[index].count) }
  }
  let adapter = TextTable<[String]> { row in
    table.columns.enumerated().map { index, column in
      Column(
        title: column.title, value: row[index], width: widths[index], align: column.alignment == .left ? .left : .right)
    }
  }
  return adapter.string(for: table.rows, style: style) ?? ""
}
