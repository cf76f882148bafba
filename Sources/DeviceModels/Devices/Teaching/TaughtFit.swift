public import ModelStatistics

/// A fit of a device file with how well fits like it predicted rows that they had not seen.
public struct TaughtFit<Fit: Sendable>: Sendable {
  /// The fit to all rows.
  public let fit: Fit
  /// For each part of the fit its name and the errors on rows that were left out in turn.
  public let heldOut: [(name: String, statistics: ErrorStatistics)]
}
