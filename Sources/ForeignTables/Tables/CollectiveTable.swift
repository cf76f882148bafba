internal import DataFiles
public import GEMMTiming

/// Measured times of exchanges between GPUs.
///
/// As CSV: `device,collective,ranks,bytes,time_us`, with `nodes` and `time_min_us` where they are known, and columns
/// that are carried along. `gemmcast validate` reads it.
public struct CollectiveTable: Hashable, Sendable {
  /// One measured exchange.
  public struct Row: Hashable, Sendable {
    /// The name of the GPU.
    public var device: String
    /// What was exchanged.
    public var collective: Communication.Kind
    /// How many GPUs took part.
    public var ranks: Int
    /// Over how many nodes they were spread, where it is known.
    public var nodes: Int?
    /// The size of the whole message in bytes: the buffer that ends up reduced, gathered or received.
    public var bytes: Int
    /// Seconds.
    public var seconds: Double
    /// The fastest in seconds, where it is known.
    public var minimum: Double?
    /// The columns that are carried along, by name.
    public var other: [String: String]

    /// A row.
    public init(
      device: String, collective: Communication.Kind, ranks: Int, nodes: Int? = nil, bytes: Int, seconds: Double,
      minimum: Double? = nil, other: [String: String] = [:]
    ) {
      self.device = device
      self.collective = collective
      self.ranks = ranks
      self.nodes = nodes
      self.bytes = bytes
      self.seconds = seconds
      self.minimum = minimum
      self.other = other
    }
  }

  /// The rows in the file's order.
  public var rows: [Row]
  /// The names of carried-along columns in order.
  public var otherColumns: [String]

  /// A table.
  public init(rows: [Row], otherColumns: [String] = []) {
    self.rows = rows
    self.otherColumns = otherColumns
  }

  /// The columns that every such table has.
  public static let requiredColumns = ["device", "collective", "ranks", "bytes", "time_us"]

  /// The table as CSV text.
  public func csv() -> String {
    var optional: [(name: String, field: (Row) -> String?)] = [
      ("nodes", { $0.nodes.map(String.init) }), ("time_min_us", { $0.minimum.map(TimingTable.microseconds) }),
    ]
    optional.removeAll { column in rows.allSatisfy { column.field($0) == nil } }
    let header = Self.requiredColumns + optional.map(\.name) + otherColumns
    let fields = rows.map { row in
      var fields = [row.device, row.collective.rawValue, String(row.ranks), String(row.bytes)]
      fields.append(TimingTable.microseconds(row.seconds))
      fields += optional.map { $0.field(row) ?? "" }
      fields += otherColumns.map { row.other[$0] ?? "" }
      return fields
    }
    return CSVDocument.serialize(header: header, rows: fields)
  }
}
