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
}
