internal import Foundation

/// A JSON value to be written: members keep their order, so that the same values always give the same bytes.
///
/// Foundation's encoder either sorts keys or leaves their order to chance; a report reads best in its own order.
public indirect enum JSONText: Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  /// A finite number is written so that reading gives the same `Double`; NaN and infinities, which JSON lacks, as null.
  case number(Double)
  case string(String)
  case array([JSONText])
  case object([(String, JSONText)])

  /// The value as text, indented by two spaces, with a newline at the end.
  ///
  /// O(size of the text).
  public var text: String {
    var text = ""
    write(to: &text, indent: "")
    return text + "\n"
  }

  private func write(to text: inout String, indent: String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): text += Self.number(value)
    case .string(let value): text += Self.quoted(value)
    case .array(let elements):
      Self.write(elements.map { ("", $0) }, between: "[", "]", to: &text, indent: indent)
    case .object(let members):
      Self.write(members.map { (Self.quoted($0) + ": ", $1) }, between: "{", "}", to: &text, indent: indent)
    }
  }

  private static func write(
    _ items: [(prefix: String, value: JSONText)], between open: String, _ close: String, to text: inout String,
    indent: String
  ) {
    text += open
    for (position, item) in items.enumerated() {
      text += (position == 0 ? "\n" : ",\n") + indent + "  " + item.prefix
      item.value.write(to: &text, indent: indent + "  ")
    }
    text += (items.isEmpty ? "" : "\n" + indent) + close
  }

  private static func number(_ value: Double) -> String {
    guard value.isFinite else { return "null" }
    // Swift prints the shortest text that reads back as the same number; JSON has no other form than its own.
    return Int(exactly: value).map(String.init) ?? "\(value)"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      // Those that JSON asks for, and those that would steer a terminal that shows it.
      case _ where VisibleText.steers(scalar):
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
