import DataFiles
import Foundation
import Testing

/// `gemmcast fit --device` on tables of kernels that are no GEMMs.
struct FitDeviceCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func shipped(_ device: String, _ table: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../calibration/devices/\(device)/\(table).csv").standardized.path
  }

  @Test func passesOverMemoryTeachAFitForEachKind() throws {
    let table = shipped("h100-sxm-80gb", "memory-ops")
    let result = try BuiltCommand.run(["fit", table, "--device", "h100-sxm-80gb", "--source", "our rows"])
    #expect(result.status == 0, "\(result.diagnostics)")
    let fits = try JSONDocument(text: result.output, file: "fit").root.array()
    let kinds = try fits.map { try $0.required("kinds").array().map { try $0.string() } }
    #expect(kinds == [["layer_norm"], ["rms_norm"], ["softmax"], ["gelu"], ["residual"], ["copy"]])
    #expect(try fits[0].required("source").string() == "fitted to 35 rows of layer_norm: our rows")
    #expect(try fits[0].required("rows").required("byte_s").double() > 0)
    #expect(fits[3]["rows"] == nil)
    #expect(result.diagnostics.contains("layer_norm: 35 rows, held out in turn: median error"))
  }

  @Test func attentionTeachesAFitForEachLibrary() throws {
    let output = folder.url("fits.json").path
    let result = try BuiltCommand.run([
      "fit", shipped("h200-sxm-141gb", "attention"), "--device", "h200-sxm-141gb", "--output", output,
    ])
    #expect(result.status == 0, "\(result.diagnostics)")
    let fits = try JSONDocument(contentsOf: output).root.array()
    #expect(try Set(fits.map { try $0.required("name").string() }) == ["cudnn", "flash"])
    for fit in fits {
      #expect(try fit.required("compute_fraction").double() < 1)
      #expect(try fit.required("decoding").required("launch_s").double() > 0)
      #expect(try fit.required("source").string().hasSuffix("attention.csv"))
    }
    #expect(result.diagnostics.contains("cudnn, one query: 130 rows"))
  }

  @Test func rowsOfNoneOrTooFewAreSaid() throws {
    let table = shipped("h100-sxm-80gb", "memory-ops")
    let other = try BuiltCommand.run(["fit", table, "--device", "t4"])
    #expect(other.status == 65)
    #expect(other.diagnostics.contains("has no rows of t4"))
    let lines = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n").prefix(20)
    let few = try BuiltCommand.run([
      "fit", try folder.file("few.csv", lines.joined(separator: "\n") + "\n"), "--device", "h100-sxm-80gb",
    ])
    #expect(few.status == 65)
    #expect(few.diagnostics.contains("fewer than 20 rows"))
  }
}
