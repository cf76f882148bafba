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
    /// From another device's fit and this device's specification.
    case scaled
    /// From the device's specification alone.
    case specification
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
