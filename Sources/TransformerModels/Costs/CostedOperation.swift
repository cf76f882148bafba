public import GEMMTiming

/// An operation of a step with its predicted time: one row of a Get_Time table.
public struct CostedOperation: Hashable, Sendable {
  /// What is done.
  public let operation: LayerOperation
  /// How long it takes on the device.
  public let prediction: TimePrediction

  init(_ operation: LayerOperation, _ prediction: TimePrediction) {
    self.operation = operation
    self.prediction = prediction
  }
}

/// A time in seconds with the ends of its 90 % interval.
public struct TimeInterval90: Hashable, Sendable {
  /// Median in seconds.
  public var seconds: Double
  /// Lower end in seconds.
  public var low: Double
  /// Upper end in seconds.
  public var high: Double

  /// A time in seconds between `low` and `high`.
  public init(seconds: Double, low: Double, high: Double) {
    self.seconds = seconds
    self.low = low
    self.high = high
  }

  /// The time of one prediction.
  public init(_ prediction: TimePrediction) {
    self.init(seconds: prediction.seconds, low: prediction.low, high: prediction.high)
  }

  /// Ends add up: the errors of one time model go together, and are not averaged away.
  public static func + (a: TimeInterval90, b: TimeInterval90) -> TimeInterval90 {
    TimeInterval90(seconds: a.seconds + b.seconds, low: a.low + b.low, high: a.high + b.high)
  }

  static func * (factor: Double, a: TimeInterval90) -> TimeInterval90 {
    TimeInterval90(seconds: factor * a.seconds, low: factor * a.low, high: factor * a.high)
  }

  static let zero = TimeInterval90(seconds: 0, low: 0, high: 0)
}
