extension Document {
  /// Markdown with GitHub's tables.
  ///
  /// O(size of the text).
  public func markdown() -> String {
    var parts = ["# \(title)"]
    for section in sections {
      parts.append("\(String(repeating: "#", count: min(max(section.level, 2), 6))) \(section.heading)")
      for block in section.blocks {
        switch block {
        case .paragraph(let text): parts.append(text)
        case .list(let points): parts.append(points.map { "- \($0)" }.joined(separator: "\n"))
        case .numbered(let points, let first):
          parts.append(points.enumerated().map { "\(first + $0). \($1)" }.joined(separator: "\n"))
        case .table(let table): parts.append(table.markdown.trimmingNewlines)
        case .preformatted(let text): parts.append("```\n\(text.trimmingNewlines)\n```")
        case .picture: break
        }
      }
    }
    return parts.joined(separator: "\n\n") + "\n"
  }
}
