public import GEMMTiming

/// A part of the shape space where the model is unsure for want of rows.
public struct ThinRegion: Hashable, Sendable {
  /// The rows of C that the region spans.
  public let m: ClosedRange<Int>
  /// The inner dimensions that the region spans.
  public let k: ClosedRange<Int>
  /// The columns of C that the region spans.
  public let n: ClosedRange<Int>
  /// Half the width of the 90 % interval relative to the time, in the median over the region.
  public let uncertainty: Double
  /// Rows that lie in the region.
  public let rows: Int
  /// Shapes spread over the region that would fill it: rows for `calibrate --shapes`.
  public let suggestedShapes: [GEMMShape]

  /// Describes a region.
  public init(
    m: ClosedRange<Int>, k: ClosedRange<Int>, n: ClosedRange<Int>, uncertainty: Double, rows: Int,
    suggestedShapes: [GEMMShape]
  ) {
    self.m = m
    self.k = k
    self.n = n
    self.uncertainty = uncertainty
    self.rows = rows
    self.suggestedShapes = suggestedShapes
  }
}
