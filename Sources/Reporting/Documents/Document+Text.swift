internal import DataFiles

extension Document {
  /// Plain text for a terminal: underlined headings, sentences wrapped to `width` columns, aligned tables, and no
  /// characters that would steer the terminal.
  ///
  /// O(size of the text).
  public func text(width: Int = 100) -> String {
    var lines = underlined(title, with: "=")
    for section in sections {
      lines.append("")
      lines += underlined(section.heading, with: section.level <= 2 ? "=" : "-")
      for block in section.blocks {
        if case .picture = block { continue }
        lines.append("")
        switch block {
        case .paragraph(let text): lines += Self.wrap(text, width: width)
        case .list(let points): for point in points { lines += Self.wrap(point, width: width, first: "- ", rest: "  ") }
        case .numbered(let points, let first):
          for (offset, point) in points.enumerated() {
            let number = "\(first + offset). "
            lines += Self.wrap(point, width: width, first: number, rest: String(repeating: " ", count: number.count))
          }
        case .table(let table): lines.append(table.text.trimmingNewlines)
        case .preformatted(let text): lines.append(text.trimmingNewlines)
        case .picture: break
        }
      }
    }
    return VisibleText.escaped(lines.joined(separator: "\n"), keepsLines: true) + "\n"
  }

  private func underlined(_ text: String, with character: Character) -> [String] {
    [text, String(repeating: character, count: text.count)]
  }

  /// Breaks a text between words; a word longer than a line stands alone on one.
  static func wrap(_ text: String, width: Int, first: String = "", rest: String = "") -> [String] {
    var lines: [String] = []
    var line = first
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = rest
        isEmpty = true
      }
      if !isEmpty { line += " " }
      line += word
      isEmpty = false
    }
    lines.append(line)
    return lines
  }
}

extension String {
  /// Without line breaks at the end.
  var trimmingNewlines: String { String(self[...].dropLast(while: \.isNewline)) }
}

extension Substring {
  /// Without the characters at the end that a condition holds for.
  func dropLast(while condition: (Character) -> Bool) -> Substring {
    guard let last = lastIndex(where: { !condition($0) }) else { return "" }
    return self[...last]
  }
}
