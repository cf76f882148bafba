/// A number of a device and where it was read: no figure of a device stands without its source.
public struct Figure: Hashable, Sendable {
  /// The number, in the unit that its key in the device file names.
  public let value: Double
  /// The document it is from, or `assumed: …` with the reason.
  public let source: String

  /// A number with its source.
  public init(_ value: Double, source: String) {
    self.value = value
    self.source = source
  }

  /// Whether nobody published or measured the number: its source begins with `assumed:`.
  public var isAssumed: Bool { source.hasPrefix("assumed:") }
}
