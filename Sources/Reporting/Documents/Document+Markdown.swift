extension Document {
  /// Markdown with GitHub's tables; what the document says is text in it, never markup.
  ///
  /// O(size of the text).
  public func markdown() -> String {
    var parts = ["# \(MarkdownText.escaped(title))"]
    for section in sections {
      parts.append(
        "\(String(repeating: "#", count: min(max(section.level, 2), 6))) \(MarkdownText.escaped(section.heading))")
      for block in section.blocks {
        switch block {
        case .paragraph(let text): parts.append(MarkdownText.escaped(text))
        case .list(let points): parts.append(points.map { "- \(MarkdownText.escaped($0))" }.joined(separator: "\n"))
        case .numbered(let points, let first):
          parts.append(points.enumerated().map { "\(first + $0). \(MarkdownText.escaped($1))" }.joined(separator: "\n"))
        case .table(let table): parts.append(table.markdown.trimmingNewlines)
        case .preformatted(let text): parts.append(MarkdownText.block(text.trimmingNewlines))
        case .picture: break
        }
      }
    }
    return parts.joined(separator: "\n\n") + "\n"
  }
}
