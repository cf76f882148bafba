import DataFiles
import Foundation
import Testing

/// What `gemmcast estimate` says of rows that check its figures.
@Suite struct EstimatedSourcesTests {
  private func estimate(_ device: String, _ options: [String] = []) throws -> BuiltCommand.Result {
    try BuiltCommand.run(["estimate", "llama-3.1-8b", "--attention", "fused", "--device", device] + options)
  }

  @Test func aDeviceThatNobodyMeasuredIsSaidToBe() throws {
    let result = try estimate("rtx-4090")
    #expect(result.status == 0, "\(result.diagnostics)")
    let lines = result.output.split(separator: "\n").prefix(12).joined(separator: " ")
    #expect(lines.contains("Not one row of this device was ever seen"), "\(lines)")
    let measured = try estimate("h100-sxm-80gb")
    #expect(!measured.output.contains("Not one row"))
    #expect(measured.output.contains("rests on figures that no row of this device checks"))
  }

  @Test func sharesAddUp() throws {
    let root = try JSONDocument(
      text: try estimate("h100-sxm-80gb", ["--format", "json"]).output, file: "report"
    ).root
    let sources = try root.required("sources")
    let names = ["measured", "interpolated", "extrapolated", "fitted", "sibling", "scaled", "specification"]
    let sum = try names.reduce(0) { $0 + (try sources.required($1).double()) }
    #expect(abs(sum - 1) < 1e-9)
    let unchecked = try ["extrapolated", "sibling", "scaled", "specification"].reduce(0) {
      $0 + (try sources.required($1).double())
    }
    #expect(try abs(sources.required("unchecked").double() - unchecked) < 1e-9)
    #expect(try sources.required("fitted").double() > 0.5)
  }

  @Test func moreUncheckedThanAllowedEndsWithOne() throws {
    let strict = try estimate("rtx-4090", ["--max-unchecked", "99"])
    #expect(strict.status == 1)
    #expect(strict.output.contains("DAG Runtime Report"))
    #expect(strict.diagnostics.contains("100.0 % of the time rests on figures that no row of the device checks"))
    #expect(try estimate("rtx-4090", ["--max-unchecked", "100"]).status == 0)
    #expect(try estimate("h100-sxm-80gb", ["--max-unchecked", "50"]).status == 0)
    #expect(try estimate("h100-sxm-80gb", ["--max-unchecked", "0"]).status == 1)
    #expect(try estimate("h100-sxm-80gb", ["--max-unchecked=-1"]).status == 64)
  }
}
