public import GEMMTiming

extension TablePooling {
  /// One table from several: rows of the same measurement are pooled, the others stand one after the other.
  ///
  /// The same measurement means: the same routine, device, element type, shape, threads, cache state, library and
  /// kernel. A row that stands in several tables unchanged counts once. The columns are those of all tables, in order of
  /// appearance; a field that a table lacks is empty.
  ///
  /// - Returns: the table, and how many rows went into others.
  /// - Complexity: O(rows).
  public static func merge(_ tables: [TimingTable]) -> (table: TimingTable, pooled: Int) {
    var columns: [String] = []
    var order: [Key] = []
    var rows: [Key: [TimingRow]] = [:]
    var seen: Set<TimingRow> = []
    var total = 0
    for table in tables {
      for column in table.otherColumns where !columns.contains(column) { columns.append(column) }
      for row in table.rows {
        total += 1
        guard seen.insert(row).inserted else { continue }
        let key = Key(row)
        if rows[key] == nil { order.append(key) }
        rows[key, default: []].append(row)
      }
    }
    let merged = order.compactMap { key in
      rows[key].flatMap { group in group.first.map { pool($0, Array(group.dropFirst())) } }
    }
    return (TimingTable(rows: merged, otherColumns: columns), total - merged.count)
  }

  private struct Key: Hashable {
    let routine: TimingRow.Routine
    let device: String
    let dtype: DataType
    let shape: GEMMShape
    let threads: Int?
    let cache: TimingRow.CacheState?
    let library: String?
    let kernel: String?

    init(_ row: TimingRow) {
      routine = row.routine
      device = row.device
      dtype = row.dtype
      shape = row.shape
      threads = row.threads
      cache = row.cache
      library = row.other["library"]
      kernel = row.other["kernel"]
    }
  }
}
