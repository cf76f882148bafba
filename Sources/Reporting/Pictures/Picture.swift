internal import DataFiles

/// A drawing in vectors: a chart of a report, for a page or as a file of its own.
///
/// Its colours follow the reader's light or dark setting. Nothing is loaded from anywhere.
public struct Picture: Hashable, Sendable {
  /// What the picture shows, in a few words.
  public let title: String
  /// What the reader should know to read it: axes, marks, what was folded or left out.
  public let caption: String
  /// Width in pixels at its natural size.
  public let width: Double
  /// Height in pixels at its natural size.
  public let height: Double

  let body: [Markup]

  init(title: String, caption: String, width: Double, height: Double, body: [Markup]) {
    (self.title, self.caption) = (title, caption)
    (self.width, self.height) = (width, height)
    self.body = body
  }

  /// The picture as an SVG file.
  ///
  /// O(size of the text).
  public func svg() -> String {
    let ground = Markup.tag(
      "rect", ["class": "ground", "width": Self.pixels(width), "height": Self.pixels(height)])
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      + element(inside: [.tag("style", [:], PictureStyle.sheet), ground]).serialized
  }

  /// The picture inside a page that has ``PictureStyle/sheet``.
  var inline: MarkupElement { element(inside: []) }

  private func element(inside first: [Markup]) -> MarkupElement {
    let size = (Self.pixels(width), Self.pixels(height))
    return MarkupElement(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "class": "picture", "role": "img", "width": size.0, "height": size.1,
        "viewBox": "0 0 \(size.0) \(size.1)",
      ], [.tag("title", [:], title), .tag("desc", [:], caption)] + first + body)
  }

  /// A length with two decimals at most: finer than any screen, and the same bytes everywhere.
  static func pixels(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    var text = FixedPoint.text(value, decimals: 2)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text == "-0" ? "0" : text
  }

  /// About the width in pixels of a text in a sans-serif face, rather too much: fonts are the reader's.
  static func textWidth(_ text: String, size: Double = 12) -> Double { Double(text.count) * size * 0.56 }
}

extension Markup {
  /// A rectangle; `hint` is shown when the pointer rests on it.
  static func box(
    _ kind: String, x: Double, y: Double, width: Double, height: Double, opacity: Double = 1, hint: String? = nil
  ) -> Markup {
    var element = MarkupElement(
      "rect",
      [
        "class": kind, "x": Picture.pixels(x), "y": Picture.pixels(y), "width": Picture.pixels(width),
        "height": Picture.pixels(height),
      ], hint.map { [.tag("title", [:], $0)] } ?? [])
    if opacity < 1 { element.attributes.append(.init(name: "fill-opacity", value: Picture.pixels(opacity))) }
    return .element(element)
  }

  /// A straight line.
  static func line(_ kind: String, from start: (x: Double, y: Double), to end: (x: Double, y: Double)) -> Markup {
    tag(
      "line",
      [
        "class": kind, "x1": Picture.pixels(start.x), "y1": Picture.pixels(start.y), "x2": Picture.pixels(end.x),
        "y2": Picture.pixels(end.y),
      ])
  }

  /// A line through points.
  static func polyline(_ kind: String, _ points: [(x: Double, y: Double)]) -> Markup {
    let steps = points.enumerated().map { index, point in
      "\(index == 0 ? "M" : "L")\(Picture.pixels(point.x)) \(Picture.pixels(point.y))"
    }
    return tag("path", ["class": kind, "d": steps.joined(separator: " ")])
  }

  /// A text at a point; `anchor` is start, middle or end.
  static func label(
    _ text: String, x: Double, y: Double, kind: String = "", anchor: String = "start", rotated degrees: Double = 0
  ) -> Markup {
    var element = MarkupElement(
      "text", ["x": Picture.pixels(x), "y": Picture.pixels(y), "text-anchor": anchor], [.text(text)])
    if !kind.isEmpty { element.attributes.append(.init(name: "class", value: kind)) }
    if degrees != 0 {
      element.attributes.append(
        .init(
          name: "transform",
          value: "rotate(\(Picture.pixels(degrees)) \(Picture.pixels(x)) \(Picture.pixels(y)))"))
    }
    return .element(element)
  }
}
