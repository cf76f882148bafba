internal import DataFiles
internal import GEMMTiming

/// Measured rows of fused attention or of passes over memory, as `gemmcast validate` and `fit --device` read them.
public struct PassRows: Hashable, Sendable {
  /// The columns' names.
  public var header: [String]
  /// The fields by row.
  public var rows: [[String]]

  /// The table as CSV text.
  public func csv() -> String { CSVDocument.serialize(header: header, rows: rows) }
}
