import DataFiles
import Foundation
import Testing

/// How the network between nodes is wired, in a device file and on the command line, through the built command.
@Suite struct FabricOptionsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// 64 nodes of 8 GPUs, on which every expert is shared by 8 GPUs and every layer's experts by 8 nodes.
  private static let plan = [
    "estimate", "mixtral-8x7b", "--mode", "training", "--attention", "fused", "--tp", "8", "--dp", "64", "--ep", "8",
    "--batch", "256", "--micro-batches", "4", "--seq", "1024",
  ]

  /// A copy of A100's file, with figures of the network where some are given.
  private func device(_ figures: (railNodes: Int, oversubscription: Double)? = nil) throws -> String {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../calibration/devices/a100-sxm-80gb.json").standardized.path
    let text = try TextFile.read(path)
    let key = #""links": {"#
    #expect(text.contains(key))
    let added =
      figures.map {
        #" "rail_nodes": { "value": \#($0.railNodes), "source": "the cabling plan" }, "spine_oversubscription": "#
          + #"{ "value": \#($0.oversubscription), "source": "assumed: as next door" },"#
      } ?? ""
    return try folder.file("a100.json", text.replacingOccurrences(of: key, with: key + added))
  }

  private func seconds(_ device: String, _ more: [String] = []) throws -> Double {
    let result = try BuiltCommand.run(Self.plan + ["--device", device, "--format", "json"] + more)
    #expect(result.status == 0, "\(result.diagnostics)")
    return try JSONDocument(text: result.output, file: "estimate").root
      .required("totals").required("megatron").required("schedule").required("time_s").double()
  }

  @Test func stepsAreAsLongAsTheSpineMakesThem() throws {
    let plain = try seconds(device())
    #expect(try seconds(device((4, 1))) == plain)
    let seventh = try seconds(device((4, 7)))
    #expect(seventh > 1.05 * plain)
    #expect(try seconds(device((4, 15))) > seventh)
    #expect(try seconds(device((8, 7))) < seventh)
    #expect(try seconds(device((64, 7))) == plain)
    // The command line says the same, whole or in part.
    #expect(try seconds(device(), ["--rail-nodes", "4", "--spine-oversubscription", "7"]) == seventh)
    #expect(try seconds(device((4, 1)), ["--spine-oversubscription", "7"]) == seventh)
    #expect(try seconds(device((64, 7)), ["--rail-nodes", "4"]) == seventh)
  }

  @Test func theReportSaysWhatIsAssumed() throws {
    let result = try BuiltCommand.run(Self.plan + ["--device", try device((4, 7)), "--format", "text"])
    let words = result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for sentence in [
      "4 nodes share leaf switches (the cabling plan), and the spine above them carries 1/7 of what they send "
        + "(assumed: as next door)",
      "numbered by leaf switches", "oversubscription of the spine",
    ] {
      #expect(words.contains(sentence), "\(sentence)")
    }
    let silent = try BuiltCommand.run(Self.plan + ["--device", try device((4, 1)), "--format", "text"])
    #expect(!silent.output.contains("leaf switches ("))
  }

  @Test(arguments: [
    (["--rail-nodes", "0"], "from 1 to 1000000"), (["--rail-nodes", "many"], "--rail-nodes"),
    (["--spine-oversubscription", "0.5"], "from 1 to 1000"),
    (["--spine-oversubscription", "nan"], "not a decimal number"),
    (["--rail-nodes", "8"], "--rail-nodes needs --spine-oversubscription"),
    (["--spine-oversubscription", "7"], "--spine-oversubscription needs --rail-nodes"),
    (["--device", "host", "--spine-oversubscription", "7"], "--device is host"),
  ])
  func aNetworkThatCannotBeIsRefused(arguments: [String], mention: String) throws {
    let device = arguments.contains("--device") ? [] : ["--device", "a100-sxm-80gb"]
    let result = try BuiltCommand.run(Self.plan + device + arguments)
    #expect(result.status == 64 && result.diagnostics.contains(mention), "\(result.diagnostics)")
    #expect(result.output.isEmpty)
  }

  @Test func aBrokenFileIsNamedWithLineAndColumn() throws {
    let path = try device((4, 0.5))
    let result = try BuiltCommand.run(Self.plan + ["--device", path])
    #expect(result.status == 65, "\(result.diagnostics)")
    #expect(result.diagnostics.contains(/a100\.json:\d+:\d+: value is 0\.5; a number from 1\.0/))
  }
}
