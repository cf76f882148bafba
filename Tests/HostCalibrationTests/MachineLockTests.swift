import Foundation
import Testing

@testable import HostCalibration

/// Names that one process holds at a time.
@Suite struct MachineLockTests {
  @Test func aNameIsHeldUntilItsLockIsGone() {
    let name = "gemmcast-test-\(UUID().uuidString)"
    var lock = MachineLock(name)
    #expect(lock != nil && MachineLock(name) == nil && MachineLock(name + "x") != nil)
    lock = nil
    #expect(MachineLock(name) != nil)
  }

  @Test func allPathsToOneFileAreOneOutput() throws {
    let folder = try TemporaryFolder()
    try folder.write("x", to: "table.csv")
    let path = folder.path + "/table.csv"
    let link = folder.path + "/link.csv"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    let lock = try MachineLock.output(path)
    for other in [
      path, folder.path + "/./table.csv",
      folder.path + "/../\(URL(fileURLWithPath: folder.path).lastPathComponent)/table.csv", link,
    ] {
      #expect(throws: CalibrationError.outputInUse(file: other)) { try MachineLock.output(other) }
    }
    let (ahead, dangling) = (folder.path + "/ahead.csv", folder.path + "/dangling.csv")
    try FileManager.default.createSymbolicLink(atPath: dangling, withDestinationPath: "ahead.csv")
    let early = try MachineLock.output(dangling)
    #expect(throws: CalibrationError.outputInUse(file: ahead)) { try MachineLock.output(ahead) }
    // Long names that differ at their end differ.
    let long = folder.path + "/" + String(repeating: "a", count: 200)
    let first = try MachineLock.output(long + "1.csv")
    _ = try MachineLock.output(long + "2.csv")
    withExtendedLifetime((lock, early, first)) {}
    #expect(FileManager.default.fileExists(atPath: path))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
        "dangling.csv", "link.csv", "table.csv",
      ])
  }
}
