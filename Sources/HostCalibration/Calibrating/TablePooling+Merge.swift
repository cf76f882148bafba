public import GEMMTiming

extension TablePooling {
  /// One table from several: rows of the same measurement are pooled, the others stand one after the other.
  ///
  /// The same measurement means: the same routine, shape and ``MeasuredGroup``, to which library, build and kernel belong.
  /// A row that stands in several tables unchanged counts once. The columns are those of all tables, in order of
  /// appearance, with the host's state as of today; a field that a table lacks is empty.
  ///
  /// - Returns: the table, and how many rows went into others.
  /// - Throws: ``CalibrationError/notPoolable(_:)`` for rows of two machines of one name, and for tables whose common shapes
  ///   differ too much to be of one thing.
  /// - Complexity: O(rows · log rows) for each pair of tables.
  public static func merge(_ tables: [TimingTable]) throws(CalibrationError) -> (table: TimingTable, pooled: Int) {
    if let conflict = MeasurementConflict.first(in: tables.map(\.rows)) { throw .notPoolable(conflict) }
    var columns: [String] = []
    var order: [MeasuredThing] = []
    var rows: [MeasuredThing: [TimingRow]] = [:]
    var seen: Set<TimingRow> = []
    var total = 0
    for table in tables.map({ $0.withCurrentHostState() }) {
      for column in table.otherColumns where !columns.contains(column) { columns.append(column) }
      for row in table.rows {
        total += 1
        guard seen.insert(row).inserted else { continue }
        let key = MeasuredThing(row)
        if rows[key] == nil { order.append(key) }
        rows[key, default: []].append(row)
      }
    }
    let merged = order.compactMap { key in
      rows[key].flatMap { group in group.first.map { pool($0, Array(group.dropFirst())) } }
    }
    return (TimingTable(rows: merged, otherColumns: columns), total - merged.count)
  }
}
