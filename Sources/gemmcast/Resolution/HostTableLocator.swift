internal import CalibrationData
internal import DataFiles
internal import Foundation
internal import GEMMTiming
internal import HostCalibration

/// Finds the timing tables that may serve when `--table` names none: those measured on this very machine, the newest first.
///
/// A machine is told by the column `machine` (``HostIdentity``), which no table of another machine shares by having a CPU
/// of the same name. Only the user's data folder is looked at: what a table answers does not depend on the folder in
/// which one happens to be.
struct HostTableLocator {
  /// This machine, as the column `machine` names it.
  var machine = HostIdentity().description
  /// The environment, for `GEMMCAST_TABLE`, `XDG_DATA_HOME` and `HOME`.
  var environment = ProcessInfo.processInfo.environment
  /// The tables that come with the tool, which are always of another machine.
  var shipped = CalibrationData.files(in: .hosts, withExtension: "csv")

  /// The file that `$GEMMCAST_TABLE` names; nil where it is unset or empty.
  var named: String? { environment["GEMMCAST_TABLE"].flatMap { $0.isEmpty ? nil : $0 } }

  /// This machine's tables in the user's data folder, the newest first.
  ///
  /// O(files): of each, its first and last rows are read.
  func own() -> [String] {
    let folder = Self.userDirectory(environment: environment)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let dated = names.filter { $0.hasSuffix(".csv") }.sorted().compactMap { name -> (path: String, date: String)? in
      let path = folder + "/" + name
      guard let ends = TableEnds(path: path), ends.values(of: "machine").contains(machine) else { return nil }
      // ISO 8601 in UTC sorts as text.
      return (path, ends.values(of: "timestamp").max() ?? "")
    }
    return dated.sorted { ($0.date, $0.path) > ($1.date, $1.path) }.map(\.path)
  }

  /// Where `calibrate` keeps a user's tables: `$XDG_DATA_HOME/gemmcast/hosts`, by default under `~/.local/share`.
  static func userDirectory(environment: [String: String]) -> String {
    UserFolder.data.path(in: environment) + "/gemmcast/hosts"
  }
}

/// The first and the last row of a table, read without the rows between them.
private struct TableEnds {
  private let table: TimingTable

  /// Bytes at each end: a header and a row have a few hundred.
  private static let bytes = 16_384

  /// nil where the file is no table or cannot be read.
  init?(path: String) {
    guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? handle.close() }
    guard let head = try? handle.read(upToCount: Self.bytes), let size = try? handle.seekToEnd() else { return nil }
    var lines = String(decoding: head, as: UTF8.self).split(separator: "\n", maxSplits: 2)
    guard lines.count >= 2 else { return nil }
    if size > UInt64(head.count), (try? handle.seek(toOffset: size - UInt64(min(Self.bytes, Int(size))))) != nil,
      let tail = try? handle.readToEnd(), let last = String(decoding: tail, as: UTF8.self).split(separator: "\n").last
    {
      lines[2...] = [last]
    } else if lines.count > 2, let last = lines[2].split(separator: "\n").last {
      lines[2] = last
    }
    let text = lines.joined(separator: "\n") + "\n"
    guard let table = try? TimingTable(CSVDocument(text: text, file: path)) else { return nil }
    self.table = table
  }

  func values(of column: String) -> [String] { table.rows.compactMap { $0.other[column] } }
}
