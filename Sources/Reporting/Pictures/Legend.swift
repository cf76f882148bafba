internal import TransformerModels

/// What the colours of a picture mean, in as many lines as it takes.
struct Legend {
  let marks: [Markup]
  /// Pixels from the top that it takes.
  let height: Double

  /// Entries in order, between two places.
  init(_ entries: [(kind: Activity?, title: String)], from left: Double, to right: Double) {
    var (x, y) = (left, 4.0)
    var marks: [Markup] = []
    for entry in entries {
      let width = 32 + Picture.textWidth(entry.title) * 0.92
      if x > left, x + width > right { (x, y) = (left, y + 20) }
      marks.append(.box(entry.kind.style, x: x, y: y, width: 12, height: 12))
      marks.append(.label(entry.title, x: x + 17, y: y + 10))
      x += width
    }
    self.marks = marks
    height = y + 26
  }
}
