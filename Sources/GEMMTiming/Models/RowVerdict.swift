/// What the fits of measured hosts say of a measured row.
public enum RowVerdict: Sendable {
  /// The row's device is none of the hosts.
  case noHost
  /// No fit is of such rows, or it has no streams to judge a stream by.
  case noFit
  /// What the row's own fit says, and what a fit said that had not seen the row; nil where it taught no fit.
  case judged(TimePrediction, heldOut: TimePrediction?)
}
