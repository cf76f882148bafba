internal import Foundation
internal import Yams

extension JSONDocument {
  /// Foundation's complaint as one line with a place.
  ///
  /// Its words end in "around character N" (a byte offset), "around line L, column C", or give no place.
  static func fault(_ error: NSError, in text: String, file: String) -> FileError {
    let detail = error.userInfo[NSDebugDescriptionErrorKey] as? String ?? ""
    let words = detail.components(separatedBy: " around ")
    let numbers = words.count > 1 ? words[1].split { !$0.isNumber }.compactMap { Int($0) } : []
    var place: (line: Int, column: Int)?
    if numbers.count == 2 { place = (numbers[0], numbers[1] + 1) }
    if numbers.count == 1 { place = self.place(ofByte: numbers[0], in: text) }
    if detail.hasPrefix("Unexpected end of file") { place = self.place(ofByte: text.utf8.count, in: text) }
    let reason = JSONValue.shortened(String(words[0].prefix { $0 != "." }))
    return FileError(
      .malformed, file: file, line: place?.line, column: place?.column,
      problem: "is not JSON" + (reason.isEmpty ? "" : ": \(reason.prefix(1).lowercased())\(reason.dropFirst())"),
      remedy: "check for a missing comma, quote or bracket")
  }

  /// The YAML reader's complaint about text that Foundation took for JSON, as one line with a place.
  static func fault(_ error: any Error, file: String) -> FileError {
    switch error as? YamlError {
    case .duplicatedKeysInMapping(let keys, let context):
      FileError(
        .malformed, file: file, line: context.mark.line, column: context.mark.column,
        problem: "an object has the key \(JSONValue.shortened(keys.sorted().joined(separator: ", "))) twice",
        remedy: "keep one of them")
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      FileError(
        .malformed, file: file, line: mark.line, column: mark.column, problem: "cannot be read: \(problem)",
        remedy: "write each key on one line, in plain characters")
    default: FileError(.malformed, file: file, problem: "cannot be read as JSON")
    }
  }

  private static func place(ofByte offset: Int, in text: String) -> (line: Int, column: Int) {
    let before = String(decoding: text.utf8.prefix(offset), as: UTF8.self)
    let line = 1 + before.count(where: \.isNewline)
    return (line, 1 + before.reversed().prefix { !$0.isNewline }.count)
  }

  /// The text with `\ud83d\ude00` as `\U0001F600`: YAML escapes characters outside the basic plane in one piece.
  ///
  /// What stands behind such a pair on its line is reported two columns early.
  static func withoutSurrogatePairs(_ text: String) -> String {
    // Most files have no escape at all, which bytes tell faster than a search for text.
    guard text.utf8.contains(UInt8(ascii: "\\")), text.contains("\\ud") || text.contains("\\uD") else { return text }
    var result = ""
    var rest = text[...]
    while let backslash = rest.firstIndex(of: "\\") {
      result += rest[..<backslash]
      rest = rest[backslash...]
      if let high = codeUnit(rest), high & 0xfc00 == 0xd800, let low = codeUnit(rest.dropFirst(6)),
        low & 0xfc00 == 0xdc00
      {
        let scalar = 0x10000 + (UInt32(high & 0x3ff) << 10 | UInt32(low & 0x3ff))
        result += String(format: "\\U%08X", scalar)
        rest = rest.dropFirst(12)
      } else {
        // A backslash and what it escapes, which may be a backslash.
        result += rest.prefix(2)
        rest = rest.dropFirst(2)
      }
    }
    return result + rest
  }

  /// The UTF-16 code unit of an escape `\uXXXX` that `text` begins with.
  private static func codeUnit(_ text: Substring) -> UInt16? {
    guard text.hasPrefix("\\u") else { return nil }
    return UInt16(text.dropFirst(2).prefix(4), radix: 16)
  }
}
