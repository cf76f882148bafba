/// Measured times of one or several devices: what calibration writes and fitting reads.
///
/// As a file it is a CSV that anyone can make; see ``TimingTable/requiredColumns``.
public struct TimingTable: Hashable, Sendable {
  /// The rows in the file's order.
  public var rows: [TimingRow]
  /// The names of carried-along columns in the file's order.
  public var otherColumns: [String]

  /// A table of `rows`; `otherColumns` orders the columns that only some tables have.
  public init(rows: [TimingRow] = [], otherColumns: [String] = []) {
    self.rows = rows
    self.otherColumns = otherColumns
  }

  /// The columns without which a CSV is no timing table.
  public static let requiredColumns = ["device", "dtype", "m", "k", "n", "batch", "time_us"]

  /// The further columns that gemmcast itself understands.
  public static let knownColumns =
    requiredColumns + [
      "routine", "time_lo_us", "time_hi_us", "time_min_us", "samples", "threads", "cache", "trans_a", "trans_b",
    ]

  /// The provenance columns that `calibrate` adds.
  public static let provenanceColumns = ["library", "kernel", "cpu", "machine", "timestamp", "run"]

  /// The devices of the table, each once, in order of appearance.
  public var devices: [String] {
    var seen: Set<String> = []
    return rows.compactMap { seen.insert($0.device).inserted ? $0.device : nil }
  }
}
