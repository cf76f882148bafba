import Foundation
import GEMMTiming
import Testing

/// Where results go, and where they must not.
@Suite struct OutputTests {
  let folder: TemporaryFolder
  let model: String

  init() throws {
    folder = try TemporaryFolder()
    model = try PlantedHost.fitted()
  }

  private func estimate(_ arguments: String...) throws -> BuiltCommand.Result {
    try BuiltCommand.run(["estimate", "reference", "--micro-batches", "16", "--table", model] + arguments)
  }

  private func text(_ name: String) throws -> String { try String(contentsOf: folder.url(name), encoding: .utf8) }

  @Test func aLinksTargetIsReplacedAndKeepsItsMode() throws {
    let target = try folder.file("target", "old")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: target)
    try FileManager.default.createSymbolicLink(atPath: folder.url("link").path, withDestinationPath: "target")
    let result = try estimate("--output", folder.url("link").path)
    #expect(result.status == 0 && result.output.isEmpty, "\(result.diagnostics)")
    #expect(try text("target").contains("reference"))
    let attributes = try FileManager.default.attributesOfItem(atPath: target)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.url("link").path) == "target")
  }

  @Test func devicesAndDescriptorsAreWrittenThrough() throws {
    let plain = try estimate()
    let through = try estimate("--output", "/dev/stdout")
    #expect(through.status == 0 && through.output == plain.output, "\(through.diagnostics)")
    #expect(try estimate("--output", "/dev/null").status == 0)
    var status = stat()
    #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    #expect(try estimate("--output", "/dev/full").status == 74)
  }

  @Test func anInputIsNeverReplaced() throws {
    let own = try folder.file("own.json", String(contentsOfFile: model, encoding: .utf8))
    let table = try folder.file("own.csv", PlantedHost.table().csv())
    try FileManager.default.createSymbolicLink(atPath: folder.url("link").path, withDestinationPath: "own.csv")
    let before = (try text("own.json"), try text("own.csv"))
    for command in [
      ["time", "--m", "8", "--k", "8", "--n", "8", "--device", "host", "--table", own, "--output", own],
      ["fit", table, "--output", folder.url("link").path], ["merge", table, "--output", table],
      ["time", "--shapes", table, "--device", "host", "--table", own, "--output", table],
      ["estimate", "reference", "--micro-batches", "16", "--table", own, "--trace", own],
    ] {
      let result = try BuiltCommand.run(command)
      #expect(result.status == 73 && result.output.isEmpty, "\(command)")
      #expect(result.diagnostics.contains("is an input of this command"), "\(result.diagnostics)")
    }
    #expect(before == (try text("own.json"), try text("own.csv")))
  }

  @Test func twoResultsNeedTwoFiles() throws {
    let file = folder.url("both").path
    let result = try estimate("--output", file, "--trace", file)
    #expect(result.status == 64 && result.diagnostics.contains("name a file for each"), "\(result.diagnostics)")
    #expect(!FileManager.default.fileExists(atPath: file))
  }

  @Test func aTraceGoesToStandardOutputOrIntoGzip() throws {
    let plain = try estimate("--trace", folder.url("trace.json").path, "--output", folder.url("report").path)
    #expect(plain.status == 0, "\(plain.diagnostics)")
    let trace = try text("trace.json")
    let streamed = try estimate("--trace", "-")
    #expect(streamed.status == 0 && streamed.output == trace)
    #expect(streamed.diagnostics.contains(try text("report").prefix(40)))
    #expect(!FileManager.default.fileExists(atPath: folder.url("-").path))
    #expect(try estimate("--trace", folder.url("trace.json.gz").path).status == 0)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/gunzip")
    process.arguments = ["-f", folder.url("trace.json.gz").path]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(try text("trace.json") == trace)
    let refused = try estimate("--output", folder.url("report.gz").path)
    #expect(refused.status == 64 && refused.diagnostics.contains("only --trace writes gzip"))
  }
}
