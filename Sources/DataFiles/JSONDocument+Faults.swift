internal import Foundation

extension JSONDocument {
  /// What is wrong with a text that ``JSONReader`` does not take.
  static func error(_ fault: JSONReader.Fault, in text: String, file: String) -> FileError {
    switch fault {
    case .twice(let keys, let line, let column):
      return FileError(
        .malformed, file: file, line: line, column: column,
        problem: "an object has the key \(JSONValue.shortened(keys.joined(separator: ", "))) twice",
        remedy: "keep one of them")
    case .notJSON:
      let plain = withPlainNumbers(text)
      do {
        _ = try JSONSerialization.jsonObject(with: Data(plain.utf8), options: .fragmentsAllowed)
      } catch {
        return self.fault(error as NSError, in: plain, file: file)
      }
      return FileError(.malformed, file: file, problem: "cannot be read as JSON")
    }
  }

  /// Foundation's complaint as one line with a place.
  ///
  /// Its words end in "around character N" (a byte offset), "around line L, column C", or give no place.
  private static func fault(_ error: NSError, in text: String, file: String) -> FileError {
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

  private static func place(ofByte offset: Int, in text: String) -> (line: Int, column: Int) {
    let before = String(decoding: text.utf8.prefix(offset), as: UTF8.self)
    let line = 1 + before.count(where: \.isNewline)
    return (line, 1 + before.reversed().prefix { !$0.isNewline }.count)
  }
}
