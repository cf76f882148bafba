import Foundation
import GEMMTiming
import Testing

@testable import HostCalibration

@Suite struct TableFileTests {
  private func row(_ number: Int, seconds: Double) throws -> TimingRow {
    TimingRow(
      device: "host", dtype: .fp32, shape: try GEMMShape(m: number + 1, k: 1 << (number % 13), n: 7), seconds: seconds,
      low: seconds, high: seconds, minimum: seconds, samples: 3, threads: 1, cache: .hot,
      other: ["note": String(repeating: "x", count: number * 37 % 90)])
  }

  /// The number of the file that stands at the path; a file renamed into place is another.
  private func fileNumber(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
  }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test func rowsAreAddedAtTheEndAndNeverAcrossAPage() throws {
    let folder = try TemporaryFolder()
    let store = TableFile(path: folder.path + "/table.csv")
    var table = TimingTable(otherColumns: ["note"])
    var (added, rewritten) = (0, 0)
    for number in 0..<300 {
      let size = number == 0 ? 0 : try text(store.path).utf8.count
      let file = number == 0 ? nil : try fileNumber(store.path)
      table.rows.append(try row(number, seconds: 1e-6 * Double(number + 1)))
      try store.append(table, at: number)
      let written = try text(store.path)
      #expect(written == table.csv(allColumns: true))
      // A write within a page is there whole or not at all; all else must come by renaming.
      let page = Int(getpagesize())
      if try fileNumber(store.path) == file {
        added += 1
        #expect(size / page == (written.utf8.count - 1) / page)
      } else {
        rewritten += 1
      }
    }
    #expect(added > 200 && rewritten > 1 && rewritten < 40)
    #expect(try store.read() == TimingTable(contentsOf: store.path))
  }

  @Test func rowsThatStandThereWaitForTheUpdate() throws {
    let folder = try TemporaryFolder()
    let store = TableFile(path: folder.path + "/table.csv")
    var table = TimingTable(rows: [try row(0, seconds: 1), try row(1, seconds: 2)], otherColumns: ["note"])
    try store.write(table)
    let first = try text(store.path)
    table.rows[0].seconds = 3
    try store.append(table, at: 0)
    try store.append(table, at: 9)
    #expect(try text(store.path) == first)
    table.rows.append(try row(2, seconds: 4))
    try store.append(table, at: 2)
    try store.update(table, at: [0])
    #expect(try text(store.path) == table.csv(allColumns: true))
    // An earlier table is continued at its end.
    let other = TableFile(path: store.path)
    try other.write(try other.read())
    table.rows.append(try row(3, seconds: 5))
    try other.append(table, at: 3)
    #expect(try text(store.path) == table.csv(allColumns: true))
  }

  @Test func aFolderThatIsGoneIsAnError() throws {
    var folder: TemporaryFolder? = try TemporaryFolder()
    let store = TableFile(path: (folder?.path ?? "") + "/table.csv")
    var table = TimingTable(rows: [try row(0, seconds: 1)], otherColumns: ["note"])
    try store.write(table)
    folder = nil
    table.rows.append(try row(1, seconds: 2))
    #expect(throws: CalibrationError.self) { try store.update(table, at: [1]) }
    #expect(throws: CalibrationError.self) { try store.checkWritable() }
  }
}
