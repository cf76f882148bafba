internal import DataFiles
internal import Foundation
public import GEMMTiming

/// A host's timing table on disk, valid at any moment: each change rewrites it whole and renames it into place.
///
/// Rows are kept as text, so that a change costs one row's formatting and one write of the file.
public final class TableFile {
  /// The path as the user gave it.
  public let path: String
  private var header = ""
  private var lines: [String] = []

  /// A table that will stand at `path`; nothing is written yet.
  public init(path: String) { self.path = path }

  /// Reads the table at `path`.
  ///
  /// - Throws: `FileError` as ``CalibrationError/file(_:)``.
  public func read() throws(CalibrationError) -> TimingTable {
    do {
      return try TimingTable(contentsOf: path)
    } catch {
      throw .file(error)
    }
  }

  /// Writes the whole table.
  public func write(_ table: TimingTable) throws(CalibrationError) {
    lines = table.rows.map { line(of: $0, columns: table.otherColumns) }
    try save()
  }

  /// Writes the table again after the rows at `indices` changed or were added at its end.
  ///
  /// O(changed rows) to format, O(size of the file) to write.
  func update(_ table: TimingTable, at indices: [Int]) throws(CalibrationError) {
    for index in indices where table.rows.indices.contains(index) {
      let text = line(of: table.rows[index], columns: table.otherColumns)
      if index < lines.count { lines[index] = text } else { lines.append(text) }
    }
    try save()
  }

  /// Fails early when the table could not be written: creates the folder, and a file that is removed again.
  ///
  /// - Throws: ``CalibrationError/file(_:)`` of kind `cannotCreate`.
  public func checkWritable() throws(CalibrationError) {
    let url = URL(fileURLWithPath: path)
    let probe = url.deletingLastPathComponent().appendingPathComponent(".\(url.lastPathComponent).\(getpid())")
    do {
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
        throw FileError(.cannotCreate, file: path, problem: "is a folder", remedy: "name a file")
      }
      try TextFile.write("", to: probe.path)
      try? FileManager.default.removeItem(at: probe)
    } catch let error as FileError {
      throw .file(
        FileError(
          .cannotCreate, file: path, problem: error.problem.isEmpty ? "cannot be written" : error.problem,
          remedy: error.remedy))
    } catch {
      throw .file(FileError(.cannotCreate, file: path, problem: "cannot be written: \(error)"))
    }
  }

  private func line(of row: TimingRow, columns: [String]) -> String {
    let text = TimingTable(rows: [row], otherColumns: columns).csv()
    let end = text.firstIndex(of: "\n") ?? text.startIndex
    header = String(text[..<end])
    return String(text[text.index(after: end)...])
  }

  private func save() throws(CalibrationError) {
    guard !lines.isEmpty else { return }
    do {
      try TextFile.write(header + "\n" + lines.joined(), to: path)
    } catch {
      throw .file(error)
    }
  }
}
