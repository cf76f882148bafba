internal import DataFiles
internal import GEMMTiming

/// Gathers the rows of a foreign file into a table of collectives.
struct CollectiveRows {
  private let source: SourceText
  private var naming: DeviceNaming
  private var table = CollectiveTable(rows: [])
  private(set) var leftOut = LeftOutRows()
  private var notes: [String] = []

  init(_ source: SourceText, _ options: ImportOptions) {
    self.source = source
    naming = DeviceNaming(options, source)
  }

  /// Adds a row; `other` are columns to carry along, in order.
  mutating func add(
    _ row: SourceRow, device: String? = nil, collective: Communication.Kind, ranks: Int, nodes: Int?, bytes: Int,
    seconds: Double, minimum: Double? = nil, other: KeyValuePairs<String, String?>
  ) throws(FileError) {
    if let nodes, nodes > ranks {
      throw row.fail(nil, "\(ranks) ranks on \(nodes) nodes", "at most as many nodes as ranks are expected")
    }
    let name = try naming.device(device) { row.fail(nil, $0, $1) }
    var carried: [String: String] = [:]
    if let device, device != name { carry("source_device", device, &carried) }
    for (column, value) in other { if let value { carry(column, value, &carried) } }
    table.rows.append(
      CollectiveTable.Row(
        device: name, collective: collective, ranks: ranks, nodes: nodes, bytes: bytes, seconds: seconds,
        minimum: minimum, other: carried))
  }

  private mutating func carry(_ column: String, _ value: String, _ carried: inout [String: String]) {
    if !table.otherColumns.contains(column) { table.otherColumns.append(column) }
    carried[column] = value
  }

  /// Leaves a row out.
  mutating func leaveOut(_ row: SourceRow, _ reason: String) { leftOut.add(reason, line: row.line) }

  /// Leaves out what stands in a line.
  mutating func leaveOut(line: Int, _ reason: String) { leftOut.add(reason, line: line) }

  /// Says something of the file, once.
  mutating func note(_ sentence: String) { if !notes.contains(sentence) { notes.append(sentence) } }

  /// The finished table.
  ///
  /// - Throws: `FileError` when there is no row, or only some rows say their nodes.
  func finish() throws(FileError) -> ForeignTable {
    guard !table.rows.isEmpty else { throw leftOut.nothingLeft(source.file) }
    let unknown = table.rows.count { $0.nodes == nil }
    guard unknown == 0 || unknown == table.rows.count else {
      throw FileError(
        .malformed, file: source.file, problem: "says for some rows only over how many nodes the ranks were spread",
        remedy: "give --nodes, or split the file")
    }
    let note =
      "the file does not say over how many nodes the ranks were spread: without a column nodes they count as one"
    return ForeignTable(.collectives(table), leftOut: leftOut, notes: notes + (unknown > 0 ? [note] : []))
  }
}
