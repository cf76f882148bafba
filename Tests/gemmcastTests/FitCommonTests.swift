import DataFiles
import Foundation
import Testing

/// `gemmcast fit --common`: devices left out in turn, and what all have in common.
@Suite struct FitCommonTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func rows(_ device: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../calibration/devices/\(device)/gemms-six-weights.csv").standardized.path
  }

  /// H100 and H200 are of one family: each is predicted from the other's real rows.
  @Test func eachDeviceIsPredictedFromTheOthers() throws {
    let output = folder.url("common.json").path
    let result = try BuiltCommand.run([
      "fit", "--common", rows("h100-sxm-80gb"), rows("h200-sxm-141gb"), "--source", "our rows", "--output", output,
      "--format", "markdown",
    ])
    #expect(result.status == 0, "\(result.diagnostics)")
    let errors = ["h100-sxm-80gb": 350, "h200-sxm-141gb": 650].compactMap { name, count -> Double? in
      let line = result.output.split(separator: "\n").first { $0.contains("| \(name)") && $0.contains(" \(count) ") }
      let cells = line?.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      return cells.flatMap { Double($0[2]) }
    }
    #expect(errors.count == 2, "\(result.output)")
    for error in errors { #expect((3...15).contains(error), "\(result.output)") }
    #expect(result.output.contains("mean over devices"))
    let sets = try JSONDocument(contentsOf: output).root.required("sets").array()
    #expect(try sets.map { try $0.required("kernels").string() } == ["bulk copies"])
    #expect(try sets[0].required("source").string() == "our rows")
    #expect(result.diagnostics.contains("leaving out h100-sxm-80gb, 1 of 2"))
  }

  @Test func oneDeviceIsTooFew() throws {
    let result = try BuiltCommand.run(["fit", "--common", rows("h100-sxm-80gb")])
    #expect(result.status == 65)
    #expect(result.diagnostics.contains("has rows of 1 known GPUs"))
  }

  @Test func rowsOfUnknownDevicesArePassedOverWithAWord() throws {
    let table = try folder.file(
      "other.csv", "device,dtype,m,k,n,batch,time_us\nabacus,bf16,8,64,64,1,3.5\n")
    let result = try BuiltCommand.run(["fit", "--common", rows("h100-sxm-80gb"), table])
    #expect(result.status == 65)
    #expect(result.diagnostics.contains("abacus: passed over, 1 rows"))
  }

  @Test(arguments: [
    (["--common", "--ablation"], "--ablation does not go with --common"),
    (["--common", "--device", "t4"], "--device does not go with --common"),
    (["second.csv"], "2 tables are named; one is expected without --common"),
    (["--source", "x"], "--source goes with --device or --common"),
  ])
  func whatDoesNotGoTogetherIsSaid(options: [String], mention: String) throws {
    let result = try BuiltCommand.run(["fit", "first.csv"] + options)
    #expect(result.status == 64)
    #expect(result.diagnostics.contains(mention), "\(result.diagnostics)")
  }
}
