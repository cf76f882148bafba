import Foundation
import GEMMTiming
import Testing

/// `fit --ablation` by the built binary.
@Suite struct FitAblationTests {
  @Test func theTableSaysWhatEachGroupBrings() throws {
    let folder = try TemporaryFolder()
    let table = try folder.file("host.csv", PlantedHost.table().csv())
    let result = try BuiltCommand.run(["fit", table, "--ablation", "--folds", "2"])
    #expect(result.status == 0, "\(result.diagnostics)")
    for words in [
      "What the parts of the fit of", "without", "nothing", "multiply-adds of tiles", "anchors between the rows",
      "row with \"also\" leaves out",
    ] {
      #expect(result.output.contains(words), "\(words)")
    }
    let markdown = try BuiltCommand.run(["fit", table, "--ablation", "--folds", "2", "--format", "markdown"])
    #expect(markdown.status == 0 && markdown.output.contains("| nothing"))
  }

  @Test(arguments: [["--output", "m.json"], ["--report"], ["--device", "h100-sxm-80gb"]])
  func whatItDoesNotHeedIsRefused(option: [String]) throws {
    let result = try BuiltCommand.run(["fit", "host.csv", "--ablation"] + option)
    #expect(result.status == 64 && result.diagnostics.contains("\(option[0]) does not go with --ablation"))
  }

  @Test func aTableWithoutProductsIsOneLine() throws {
    let folder = try TemporaryFolder()
    var table = try PlantedHost.table()
    table.rows.removeAll { $0.routine == .gemm }
    let result = try BuiltCommand.run(["fit", try folder.file("host.csv", table.csv()), "--ablation"])
    #expect(result.status == 65, "\(result.diagnostics)")
  }
}
