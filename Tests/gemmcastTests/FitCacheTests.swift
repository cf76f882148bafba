import DataFiles
import Foundation
import GEMMTiming
import Testing

@Suite struct FitCacheTests {
  let folder: TemporaryFolder
  let table: String

  init() throws {
    folder = try TemporaryFolder()
    table = try folder.file("host.csv", PlantedHost.table().csv())
  }

  private func ask(
    _ table: String? = nil, environment: [String: String]? = nil
  ) throws -> BuiltCommand.Result {
    let shapes = try folder.file("shapes.csv", "m,k,n\n1,1,1\n17,300,5\n128,128,128\n5000,700,40\n65536,4096,4096\n")
    let result = try BuiltCommand.run(
      ["time", "--shapes", shapes, "--device", "host", "--table", table ?? self.table, "--format", "csv"],
      environment: environment ?? ["XDG_CACHE_HOME": folder.root.path])
    #expect(result.status == 0, "\(result.diagnostics)")
    return result
  }

  /// The kept fits.
  private func kept(in cache: String? = nil) throws -> [URL] {
    let fits = (cache.map { URL(fileURLWithPath: $0) } ?? folder.root).appendingPathComponent("gemmcast/fits")
    return try FileManager.default.contentsOfDirectory(at: fits, includingPropertiesForKeys: nil)
  }

  @Test func aSecondUseReadsTheFirstsFit() throws {
    let first = try ask()
    let file = try #require(try kept().first)
    #expect(try kept().count == 1)
    // What is kept is what fitting gives, to the last bit.
    let fitted = folder.url("host.json")
    #expect(try BuiltCommand.run(["fit", table, "--output", fitted.path]).status == 0)
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.hasSuffix(try String(contentsOf: fitted, encoding: .utf8)))
    #expect(try ask().output == first.output)
    // It is read: a name planted in it, with the checksum of what it then is, appears in the answer.
    let renamed = text.replacingOccurrences(of: "\"planted\"", with: "\"renamed\"")
    try Self.signed(renamed).write(to: file, atomically: true, encoding: .utf8)
    #expect(try ask().output == first.output.replacingOccurrences(of: ",planted,", with: ",renamed,"))
    #expect(first.output.contains(",planted,"))
  }

  /// The text of a kept fit with the right checksum of its models, which begin after the checksum's line.
  private static func signed(_ text: String) throws -> String {
    let line = try #require(text.firstRange(of: /(?m)^checksum [0-9a-f]+\n/))
    let checksum = Checksum.crc32(Array(text[line.upperBound...].utf8))
    return text.replacingCharacters(in: line, with: "checksum \(String(checksum, radix: 16))\n")
  }

  @Test func aChangedFitIsNotTaken() throws {
    let first = try ask()
    let file = try #require(try kept().first)
    let good = try String(contentsOf: file, encoding: .utf8)
    let number = try #require(good.firstRange(of: /"sustained_flops" : \d/))
    try good.replacingCharacters(in: number, with: good[number] + "1").write(
      to: file, atomically: true, encoding: .utf8)
    #expect(try ask().output == first.output)
    #expect(try String(contentsOf: file, encoding: .utf8) == good)
  }

  @Test func whatCannotBeReadIsFittedAnewAndReplaced() throws {
    let first = try ask()
    let file = try #require(try kept().first)
    let good = try String(contentsOf: file, encoding: .utf8)
    let version = try #require(good.firstRange(of: /"version" : \d+/))
    for bad in [
      "", "{", String(good.prefix(good.count / 2)), good.replacingCharacters(in: version, with: "\"version\" : 0"),
    ] {
      try bad.write(to: file, atomically: true, encoding: .utf8)
      let again = try ask()
      #expect(again.output == first.output && again.diagnostics == first.diagnostics)
      #expect(try String(contentsOf: file, encoding: .utf8) == good)
    }
    #expect(try kept() == [file])
  }

  @Test func anotherTableIsAnotherFit() throws {
    let first = try ask()
    var rows = try PlantedHost.table()
    rows.rows[0].seconds *= 1.001
    let other = try ask(folder.file("other.csv", rows.csv()))
    #expect(try kept().count == 2)
    #expect(other.output != first.output)
    // The same rows elsewhere are the same table.
    #expect(try ask(folder.file("copy.csv", PlantedHost.table().csv())).output == first.output)
    #expect(try kept().count == 2)
    // Should two ever share a name, neither is taken for the other.
    let files = try kept()
    let texts = try files.map { try String(contentsOf: $0, encoding: .utf8) }
    for (file, text) in zip(files, texts.reversed()) { try text.write(to: file, atomically: true, encoding: .utf8) }
    #expect(try ask().output == first.output)
    #expect(try ask(folder.url("other.csv").path).output == other.output)
    #expect(try files.map { try String(contentsOf: $0, encoding: .utf8) } == texts)
  }

  @Test func onlySoManyAreKept() throws {
    _ = try ask()
    let file = try #require(try kept().first)
    for number in 0..<40 {
      let old = file.deletingLastPathComponent().appendingPathComponent("\(number).fit")
      try Data().write(to: old)
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: old.path)
    }
    try Data().write(to: file)
    _ = try ask()
    #expect(try kept().count == 32)
    #expect(try kept().map(\.lastPathComponent).contains(file.lastPathComponent))
  }

  @Test func aFolderThatCannotBeMadeIsOneWarning() throws {
    let first = try ask()
    let blocked = try ask(environment: ["XDG_CACHE_HOME": folder.file("file", "")])
    #expect(blocked.output == first.output)
    let lines = Set(blocked.diagnostics.split(separator: "\n")).subtracting(first.diagnostics.split(separator: "\n"))
    #expect(lines.count == 1 && lines.allSatisfy { $0.hasPrefix("gemmcast: warning: the fit cannot be kept") })
  }

  @Test func theCacheIsInTheHomeFolderUnlessTheEnvironmentNamesAnother() throws {
    // A path that is not absolute is none, by the specification.
    _ = try ask(environment: ["HOME": folder.root.path, "XDG_CACHE_HOME": "relative"])
    #expect(try kept(in: folder.url(".cache").path).count == 1)
  }
}
