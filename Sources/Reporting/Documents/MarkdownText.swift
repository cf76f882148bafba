internal import DataFiles

/// Text as Markdown that shows it as it is: names and sentences are never markup.
enum MarkdownText {
  /// The text on one line, with a backslash before each character that GitHub's Markdown would act on where it stands.
  ///
  /// Characters that do nothing there stay as they are: `layer0_qkv`, `2 * 3`, `a < b` read the same in both forms.
  /// After the GitHub Flavored Markdown Spec 0.29, 2.4 and 6. O(size of the text).
  static func escaped(_ text: String) -> String {
    let characters = Array(VisibleText.escaped(text))
    let hasLinks = ["](", "][", "]:"].contains { text.contains($0) }
    let isBlockStart = startsBlock(text)
    var result = ""
    for (index, character) in characters.enumerated() {
      let before = index > 0 ? characters[index - 1] : nil
      let after = index + 1 < characters.count ? characters[index + 1] : nil
      let acts =
        switch character {
        case "\\": after.map(isPunctuation) ?? true
        case "`": true
        case "*": !(isSpace(before) && isSpace(after))
        case "_": !(isWord(before) && isWord(after))
        case "~": before == "~" || after == "~"
        case "<": after.map { $0.isLetter || "/!?".contains($0) } ?? false
        case "&": after.map { $0.isLetter || $0 == "#" } ?? false && characters[index...].contains(";")
        case "[": hasLinks
        default: false
        }
      if acts || (index == isBlockStart) { result += "\\" }
      result.append(character)
    }
    return result
  }

  /// As ``escaped(_:)``, for a field of a table.
  static func field(_ text: String) -> String {
    escaped(text).split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }

  /// A code block whose fence no line of the text can close.
  static func block(_ text: String) -> String {
    var (run, longest) = (0, 0)
    for character in text {
      run = character == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return "\(fence)\n\(VisibleText.escaped(text, keepsLines: true))\n\(fence)"
  }

  /// The position of what would make a heading, list or quotation of a line; nil where nothing does.
  private static func startsBlock(_ text: String) -> Int? {
    if let first = text.first, "#>-+".contains(first) { return 0 }
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let rest = text.dropFirst(digits.count)
    guard !digits.isEmpty, let mark = rest.first, ".)".contains(mark),
      rest.dropFirst().first.map(\.isWhitespace) ?? true
    else { return nil }
    return digits.count
  }

  private static func isPunctuation(_ character: Character) -> Bool {
    character.isASCII && (character.isPunctuation || character.isSymbol)
  }

  private static func isSpace(_ character: Character?) -> Bool { character?.isWhitespace ?? false }

  private static func isWord(_ character: Character?) -> Bool { character.map { $0.isLetter || $0.isNumber } ?? false }
}
