internal import DataFiles
internal import GEMMTiming

/// Vidur's `all_reduce.csv` and `send_recv.csv`.
///
/// Columns: microsoft/vidur `vidur/profiling/collectives/`: `time_stats.<collective>.<statistic>` in milliseconds,
/// `num_workers` ranks, `devices_per_node` of them on each node, and `size` in bytes (its predictor divides by 2 bytes
/// and the hidden size to get tokens: `sklearn_execution_time_predictor.py`).
enum VidurCollectives: FormatReader {
  static func headerStart(_ line: Substring) -> Substring.Index? {
    guard line.contains("num_workers"), collectives.contains(where: { line.contains("time_stats.\($0.0).median") })
    else { return nil }
    return SourceText.headerStart(line) { fields in fields.contains { $0.text == "num_workers" } }
  }

  static func read(_ source: SourceText, _ options: ImportOptions) throws(FileError) -> ForeignTable {
    let rows = try SourceRow.rows(
      source, isKnown: isKnown, required: ["num_workers", "size"],
      times: "time_stats.….median, in milliseconds", ignoring: options.ignoredColumns)
    var table = CollectiveRows(source, options)
    for row in rows { try add(row, options, to: &table) }
    return try table.finish()
  }

  private static func add(
    _ row: SourceRow, _ options: ImportOptions, to table: inout CollectiveRows
  ) throws(FileError) {
    let timed = collectives.filter { row.columns["time_stats.\($0.0).median"] != nil }
    guard timed.count == 1, let (name, kind) = timed.first else {
      throw row.fail(nil, "the table has times of \(timed.count) collectives", "one time_stats.….median is expected")
    }
    if let stated = row["collective"], stated != name {
      throw row.failure("collective", "collective is \(stated)", "\(name) is expected, as in the time's column")
    }
    let ranks = try row.whole("num_workers")
    guard [nil, kind].contains(options.collective), [nil, ranks].contains(options.ranks) else {
      throw row.fail(
        nil, "the file has \(name) among \(ranks) ranks", "give --collective and --ranks only where a file does not")
    }
    var nodes = options.nodes
    if row.columns["devices_per_node"] != nil {
      let perNode = try row.whole("devices_per_node")
      guard ranks.isMultiple(of: perNode) else {
        throw row.failure(
          "devices_per_node", "devices_per_node is \(perNode)", "a divisor of num_workers, \(ranks), is expected")
      }
      guard [nil, ranks / perNode].contains(nodes) else {
        throw row.failure(
          "devices_per_node", "the ranks are on \(ranks / perNode) nodes", "give --nodes only where a file does not")
      }
      nodes = ranks / perNode
    }
    let minimum = "time_stats.\(name).min"
    try table.add(
      row, collective: kind, ranks: ranks, nodes: nodes, bytes: try row.whole("size"),
      seconds: try row.positive("time_stats.\(name).median") * 1e-3,
      minimum: row[minimum] == nil ? nil : try row.positive(minimum) * 1e-3, other: ["rank": row["rank"]])
  }

  private static let collectives: [(String, Communication.Kind)] = [
    ("all_reduce", .allReduce), ("all_gather", .allGather), ("reduce_scatter", .reduceScatter),
    ("broadcast", .broadcast), ("send_recv", .sendReceive),
  ]

  private static func isKnown(_ column: String) -> Bool {
    ["", "rank", "num_workers", "size", "collective", "devices_per_node", "max_devices_per_node"].contains(column)
      || collectives.contains { VidurStatistics.isColumn(column, of: $0.0) }
  }
}
