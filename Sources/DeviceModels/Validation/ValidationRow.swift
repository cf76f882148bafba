internal import GEMMTiming

/// A measured time beside its prediction; times are in seconds.
public struct ValidationRow: Hashable, Sendable {
  /// The row of the file, from 0.
  public let row: Int
  /// The device as the file names it.
  public let device: String
  /// What was measured, as statistics group it: an operation, or where a training step comes from.
  public let label: String
  /// The size class for statistics; nil where there are none.
  public let sizeClass: String?
  /// The measured time.
  public let measured: Double
  /// The predicted median.
  public let predicted: Double
  /// The ends of its 90 % interval.
  public let low, high: Double

  /// A prediction in seconds with the ends of its 90 % interval.
  public struct Estimate: Hashable, Sendable {
    /// The median, and the ends of the interval.
    public let predicted, low, high: Double
  }

  /// What a fit said that had not seen the row, where the row taught the fit that predicts it.
  public var heldOut: Estimate?
  /// Whether the row is of a pass over memory among GEMMs.
  public var isStream = false

  /// A measured time and its prediction.
  public init(
    row: Int, device: String, label: String, sizeClass: String? = nil, measured: Double, predicted: Double, low: Double,
    high: Double
  ) {
    (self.row, self.device, self.label, self.sizeClass) = (row, device, label, sizeClass)
    (self.measured, self.predicted, self.low, self.high) = (measured, predicted, low, high)
  }

  /// (predicted − measured) / measured: positive when the model is too slow.
  public var error: Double { (predicted - measured) / measured }

  init(_ entry: MeasuredTable.Entry, _ prediction: TimePrediction, heldOut: TimePrediction? = nil) {
    self.init(
      row: entry.row, device: entry.device, label: entry.label, sizeClass: entry.sizeClass, measured: entry.seconds,
      predicted: prediction.seconds, low: prediction.low, high: prediction.high)
    self.heldOut = heldOut.map { Estimate(predicted: $0.seconds, low: $0.low, high: $0.high) }
    isStream = entry.isStream
  }
}
