/// What rows of a table brought to one part of a device's model.
public struct RefinementLesson: Hashable, Sendable {
  /// What became of the rows.
  public enum Outcome: Hashable, Sendable {
    /// What was known moved towards them, with the mean errors of the rows before and, where they were enough to leave
    /// some out in turn, of rows that were not seen.
    case refined(before: Double, after: Double?)
    /// The device file had nothing, and they made a fit.
    case taught
    /// They say nothing, for a reason.
    case unused(String)
  }

  /// What the rows are of: `GEMM`, `collective`, `memory` or `attention`.
  public let kind: String
  /// The element type, library, collective or pass.
  public let subject: String
  /// How many rows.
  public let rows: Int
  /// What became of them.
  public let outcome: Outcome
}
