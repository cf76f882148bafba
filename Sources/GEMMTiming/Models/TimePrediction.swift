/// What a time model answers: a median time with its 90 % prediction interval, what limits it, and where it is from.
public struct TimePrediction: Hashable, Sendable {
  /// What an operation's time is made of for the most part.
  public enum Bound: String, Sendable, CaseIterable {
    case compute, memory, latency
    /// Links between GPUs.
    case network
  }

  /// Where a figure comes from, the best known first.
  public enum Source: String, Sendable, CaseIterable {
    /// This very shape was measured on this device.
    case measured
    /// Fitted, within the range that was measured on this device.
    case interpolated
    /// Fitted, outside the range that was measured on this device.
    case extrapolated
    /// From parameters that rows of this device taught and that its file carries, within those rows' range.
    case fitted
    /// From parameters that rows of another device taught, most often one of its family, on this device's specification.
    case sibling
    /// From another device's fit, such as a host's, and this device's specification.
    case scaled
    /// From the device's specification and what other devices have in common: no row of it was ever seen.
    case specification

    /// Whether rows of this very device, in whose range the operation lies, say what it takes.
    public var isChecked: Bool {
      switch self {
      case .measured, .interpolated, .fitted: true
      case .extrapolated, .sibling, .scaled, .specification: false
      }
    }
  }

  /// Median time in seconds.
  public var seconds: Double
  /// Lower end of the 90 % prediction interval in seconds.
  public var low: Double
  /// Upper end of the 90 % prediction interval in seconds.
  public var high: Double
  /// What the time is made of for the most part.
  public var bound: Bound
  /// Where the figure comes from.
  public var source: Source

  /// A time in seconds with the ends of its 90 % interval.
  public init(seconds: Double, low: Double, high: Double, bound: Bound, source: Source) {
    self.seconds = seconds
    self.low = low
    self.high = high
    self.bound = bound
    self.source = source
  }

  /// No work, no time.
  public static let zero = TimePrediction(seconds: 0, low: 0, high: 0, bound: .latency, source: .specification)
}
