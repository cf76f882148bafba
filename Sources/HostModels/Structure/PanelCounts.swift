/// How many panels of each width an extent is cut into, at most eight widths: held in place, as predictions make dozens.
struct PanelCounts: Hashable, Sendable, RandomAccessCollection, MutableCollection {
  /// The most widths.
  static let capacity = 8

  private var counts = SIMD8<Double>.zero
  private(set) var endIndex: Int
  var startIndex: Int { 0 }

  /// No panels of so many widths.
  init(widths: Int) { endIndex = Swift.min(widths, Self.capacity) }

  subscript(index: Int) -> Double {
    get { counts[index] }
    set { counts[index] = newValue }
  }

  /// The counts with those of one width more.
  func appending(_ count: Double) -> PanelCounts {
    var result = self
    guard endIndex < Self.capacity else { return self }
    result.endIndex += 1
    result[endIndex] = count
    return result
  }
}

extension PanelCounts: ExpressibleByArrayLiteral {
  init(arrayLiteral elements: Double...) {
    self.init(widths: elements.count)
    for (index, count) in elements.prefix(Self.capacity).enumerated() { self[index] = count }
  }
}
