internal import Foundation

/// A piece of XML: an element or text, escaped when it is written.
///
/// Pages and pictures are made of it, so both are well-formed XML whatever names and sentences they hold.
enum Markup: Hashable, Sendable {
  case text(String)
  case element(MarkupElement)

  /// An element.
  static func tag(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ children: [Markup] = []
  ) -> Markup {
    .element(MarkupElement(name, attributes, children))
  }

  /// An element that holds a text.
  static func tag(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ text: String) -> Markup {
    tag(name, attributes, [.text(text)])
  }

  func write(to text: inout String) {
    switch self {
    case .text(let content): text += Self.escaped(content)
    case .element(let element): element.write(to: &text)
    }
  }

  /// The text with the characters that XML keeps for itself as entities, and those that it forbids as U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n": result.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || scalar.value & 0xfffe == 0xfffe: result.unicodeScalars.append("\u{FFFD}")
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// An XML element with its attributes in order.
struct MarkupElement: Hashable, Sendable {
  struct Attribute: Hashable, Sendable {
    var name: String
    var value: String
  }

  var name: String
  var attributes: [Attribute]
  var children: [Markup]

  init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ children: [Markup] = []) {
    self.name = name
    self.attributes = attributes.map { Attribute(name: $0.key, value: $0.value) }
    self.children = children
  }

  /// HTML knows these elements without an end tag; all others need one even when they are empty.
  private static let withoutContent: Set<String> = ["meta", "br", "rect", "line", "path", "circle"]
  /// Elements around which white space means nothing: each ends its line.
  private static let lineEnding: Set<String> = [
    "html", "head", "body", "meta", "title", "style", "header", "nav", "main", "section", "figure", "figcaption", "div",
    "h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "pre",
    "svg", "desc", "g", "rect", "line", "path", "circle", "text",
  ]

  func write(to text: inout String) {
    text += "<\(name)"
    for attribute in attributes { text += " \(attribute.name)=\"\(Markup.escaped(attribute.value))\"" }
    if children.isEmpty, Self.withoutContent.contains(name) {
      text += "/>"
    } else {
      text += ">"
      for child in children { child.write(to: &text) }
      text += "</\(name)>"
    }
    if Self.lineEnding.contains(name) { text += "\n" }
  }

  /// The element as text.
  ///
  /// O(size of the text).
  var serialized: String {
    var text = ""
    write(to: &text)
    return text
  }
}
