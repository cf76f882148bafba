import DataFiles
import Foundation
import Testing

@Suite struct TextFileTests {
  /// A folder of its own for each test, gone afterwards.
  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("TextFileTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  @Test func whatIsWrittenIsRead() throws {
    try inFolder { folder in
      try TextFile.write("é,1\n", to: folder + "/a.csv")
      #expect(try TextFile.read(folder + "/a.csv") == "é,1\n")
      try TextFile.write("", to: folder + "/a.csv")
      #expect(try TextFile.read(folder + "/a.csv").isEmpty)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.csv"])
    }
  }

  @Test func aByteOrderMarkIsDropped() throws {
    try inFolder { folder in
      try Data([0xEF, 0xBB, 0xBF, 0x61, 0x2C, 0x62]).write(to: URL(fileURLWithPath: folder + "/bom.csv"))
      #expect(try TextFile.read(folder + "/bom.csv") == "a,b")
    }
  }

  @Test func otherEncodingsAreRefused() throws {
    try inFolder { folder in
      try Data([0x61, 0xE9, 0x0A]).write(to: URL(fileURLWithPath: folder + "/latin1.csv"))
      #expect(
        throws: FileError(
          .malformed, file: folder + "/latin1.csv", problem: "is not UTF-8 text", remedy: "save it as UTF-8")
      ) { try TextFile.read(folder + "/latin1.csv") }
    }
  }

  @Test func aFolderIsNoFile() throws {
    try inFolder { folder in
      let error = #expect(throws: FileError.self) { try TextFile.read(folder) }
      #expect(error?.kind == .unreadable)
    }
  }

  @Test func anUnwritablePathIsSaid() throws {
    do {
      try TextFile.write("x", to: "/nonexistent/folder/a.csv")
      Issue.record("wrote into a folder that is not there")
    } catch {
      #expect(error.kind == .cannotCreate)
      #expect(error.description.hasPrefix("/nonexistent/folder/a.csv: cannot be written: No such file or directory"))
    }
  }

  @Test func whatNeverEndsIsNotReadToItsEnd() throws {
    let error = #expect(throws: FileError.self) { try TextFile.read("/dev/zero") }
    #expect(error?.kind == .malformed)
    try inFolder { folder in
      try TextFile.write(String(repeating: "x", count: 3 << 20), to: folder + "/long")
      #expect(try TextFile.read(folder + "/long", limit: 3 << 20).utf8.count == 3 << 20)
      let error = #expect(throws: FileError.self) { try TextFile.read(folder + "/long", limit: 2 << 20) }
      #expect(error?.problem == "is longer than 2 MiB, which is the most that is read")
    }
  }

  @Test(
    arguments: [
      ([0x1F, 0x8B, 8, 0, 1], "is compressed with gzip"), ([0x50, 0x41, 0x52, 0x31, 0x15, 0], "is a Parquet file"),
      ([0xFF, 0xFE, 0x61, 0], "is UTF-16 text"), ([0x61, 0, 0x62], "is not UTF-8 text"),
    ] as [([UInt8], String)])
  func whatIsNoTextIsNamed(bytes: [UInt8], problem: String) throws {
    try inFolder { folder in
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/x"))
      let error = #expect(throws: FileError.self) { try TextFile.read(folder + "/x") }
      #expect(error?.problem == problem)
      #expect(error?.remedy.isEmpty == false)
    }
  }
}
