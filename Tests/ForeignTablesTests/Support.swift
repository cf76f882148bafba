import DataFiles
import DeviceModels
import ForeignTables
import GEMMTiming
import Testing

/// What reading a text gives or says.
enum Imported {
  static func gemms(
    _ text: String, _ options: ImportOptions = ImportOptions(device: "gpu")
  ) throws -> [TimingRow] {
    guard case .gemms(let table) = try ForeignTable(text: text, file: "f", options: options).content else {
      Issue.record("no GEMMs")
      return []
    }
    // The table's own reader takes what was written.
    let back = try TimingTable(CSVDocument(text: table.csv(), file: "back"))
    #expect(back.rows.map(\.shape) == table.rows.map(\.shape) && back.otherColumns == table.otherColumns)
    return table.rows
  }

  static func collectives(
    _ text: String, _ options: ImportOptions = ImportOptions(device: "gpu")
  ) throws -> [CollectiveTable.Row] {
    guard case .collectives(let table) = try ForeignTable(text: text, file: "f", options: options).content else {
      Issue.record("no collectives")
      return []
    }
    // What `validate` reads is what was imported.
    let measured = try MeasuredTable(CSVDocument(text: table.csv(), file: "back"))
    #expect(measured.kind == .collective && measured.entries.count == table.rows.count)
    for (entry, row) in zip(measured.entries, table.rows) {
      let exchange = Communication(
        row.collective, bytes: Double(row.bytes), ranks: row.ranks, nodes: row.nodes ?? 1)
      #expect(entry.operation == .communication(exchange) && entry.device == row.device)
      #expect(abs(entry.seconds - row.seconds) <= 0.51e-12)
    }
    return table.rows
  }

  static func failure(_ text: String, _ options: ImportOptions = ImportOptions(device: "gpu")) -> String {
    do { return "read: \(try ForeignTable(text: text, file: "f", options: options).rowCount) rows" } catch {
      return error.description
    }
  }

  static func leftOut(_ text: String, _ options: ImportOptions = ImportOptions(device: "gpu")) throws -> [String] {
    try ForeignTable(text: text, file: "f", options: options).leftOut.map(\.description)
  }
}

/// Within a part in a billion: unit factors are not exact in binary.
func isClose(_ a: Double?, _ b: Double) -> Bool { a.map { abs($0 - b) <= 1e-9 * b } ?? false }
