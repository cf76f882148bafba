internal import DataFiles
internal import Foundation
public import GEMMTiming

/// A host's timing table on disk, a valid table at any moment at which the process may be killed.
///
/// A change of rows rewrites the file whole and renames it into place. A new row is one write at its end that stays
/// within a page of the file: the kernel copies a page's part of a write whole before it looks at a kill, so no reader
/// ever finds part of a row. A row that would reach into the next page rewrites the file, about one in twenty.
///
/// What the path names is written to as ``TextFile`` does; of a file with several hard links a kill can leave a part.
///
/// Rows are kept as text, so that a change costs one row's formatting.
public final class TableFile {
  /// The path as the user gave it.
  public let path: String
  private var header = ""
  private var lines: [String] = []
  /// The file as last renamed into place, open at its end, and how many bytes it has; nil before.
  private var end: (handle: FileHandle, size: Int)?

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

  /// Adds the row at `index` to the end of the file; where it stands there already, ``update(_:at:)`` is to write it.
  ///
  /// O(1): one row formatted, one write of it.
  func append(_ table: TimingTable, at index: Int) throws(CalibrationError) {
    guard index >= lines.count, table.rows.indices.contains(index) else { return }
    let text = line(of: table.rows[index], columns: table.otherColumns)
    lines.append(text)
    if !addToFile(Data(text.utf8)) { try save() }
  }

  /// Writes a row at the file's end where that cannot leave part of it; false where the file must be written anew.
  private func addToFile(_ row: Data) -> Bool {
    guard let (handle, size) = end else { return false }
    let page = Int(getpagesize())
    guard size / page == (size + row.count - 1) / page else { return false }
    do {
      try handle.write(contentsOf: row)
    } catch {
      // A full disk may have taken a part.
      try? handle.truncate(atOffset: UInt64(size))
      return false
    }
    end = (handle, size + row.count)
    return true
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

  /// Fails early when the table could not be written; nothing stays of the attempt.
  ///
  /// - Throws: ``CalibrationError/file(_:)`` of kind `cannotCreate`.
  public func checkWritable() throws(CalibrationError) {
    guard !path.hasSuffix(".gz") else {
      throw .file(
        FileError(
          .cannotCreate, file: path, problem: "a table that grows cannot be gzip", remedy: "leave .gz off its name"))
    }
    do throws(FileError) {
      try TextFile.checkWritable(path)
    } catch {
      throw .file(error)
    }
  }

  private func line(of row: TimingRow, columns: [String]) -> String {
    let text = TimingTable(rows: [row], otherColumns: columns).csv(allColumns: true)
    let end = text.firstIndex(of: "\n") ?? text.startIndex
    header = String(text[..<end])
    return String(text[text.index(after: end)...])
  }

  private func save() throws(CalibrationError) {
    guard !lines.isEmpty else { return }
    let text = header + "\n" + lines.joined()
    try? end?.handle.close()
    end = nil
    do {
      try TextFile.write(text, to: path)
    } catch {
      throw .file(error)
    }
    // Without a handle each new row writes the file anew.
    guard let handle = FileHandle(forWritingAtPath: path), (try? handle.seekToEnd()) == UInt64(text.utf8.count) else {
      return
    }
    end = (handle, text.utf8.count)
  }
}
