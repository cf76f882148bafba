internal import Foundation
public import GEMMTiming

/// What a step's forecast spends on one of its operations.
public struct StepPart: Hashable, Sendable {
  /// What is done.
  public let operation: GEMMTiming.Operation
  /// Seconds of the forecast that all its instances take.
  public let seconds: Double
  /// The time of one instance with its interval.
  public let prediction: TimePrediction

  /// An operation, the forecast's seconds that go to it, and what one instance takes.
  public init(_ operation: GEMMTiming.Operation, seconds: Double, prediction: TimePrediction) {
    (self.operation, self.seconds, self.prediction) = (operation, seconds, prediction)
  }
}

/// Rows whose measurement makes a step's forecast surest, the most telling first: any beginning of a plan is a plan.
public struct StepPlan: Hashable, Sendable {
  /// A row to measure.
  public struct Row: Hashable, Sendable {
    /// What to measure.
    public let row: MeasurableRow
    /// The standard deviation of the step's log time once this row and those before it are measured.
    public let deviation: Double
  }

  /// The rows.
  public let rows: [Row]
  /// The standard deviation of the step's log time before any of them.
  public let deviation: Double
  /// What no number of rows takes away of it.
  public let floor: Double
  /// The share of the step's time in operations of which no such row teaches anything, in 0...1.
  public let unteachable: Double

  /// The standard deviation that the whole plan leaves.
  public var deviationLeft: Double { rows.last?.deviation ?? deviation }

  /// How far the upper end of the 90 % interval of a log-normal time lies above its median, over it.
  public static func halfWidth(_ deviation: Double) -> Double { exp(normalQuantile * deviation) - 1 }

  /// The 95 % quantile of the standard normal distribution.
  static let normalQuantile = 1.6448536
}

extension TimePrediction {
  /// The standard deviation of the logarithm of a log-normal time with the prediction's 90 % interval.
  var logDeviation: Double {
    guard low > 0, high > low else { return 0 }
    return log(high / low) / (2 * StepPlan.normalQuantile)
  }
}
