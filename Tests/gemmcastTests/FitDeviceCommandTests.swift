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

  /// Rings of one protocol, of which every size that was left out is known by the others.
  @Test func exchangesTeachAFitForEachLibrary() throws {
    var lines = ["device,collective,ranks,bytes,time_us,variant"]
    for ranks in [2, 4, 8] {
      for power in 9...28 {
        let (n, bytes) = (Double(ranks), Double(1 << power))
        let latency = 10 + 1.5 * (n - 1)
        let microseconds = latency + bytes * (n - 1) / n / 200e3
        lines.append("h100-sxm-80gb,all_gather,\(ranks),\(1 << power),\(microseconds),nccl-2.27")
      }
    }
    let table = try folder.file("nccl.csv", lines.joined(separator: "\n") + "\n")
    let result = try BuiltCommand.run(["fit", table, "--device", "h100-sxm-80gb", "--source", "rings"])
    #expect(result.status == 0, "\(result.diagnostics)")
    let fits = try JSONDocument(text: result.output, file: "fit").root.array()
    #expect(fits.count == 1)
    let fit = try #require(fits.first)
    #expect(try fit.required("name").string() == "nccl")
    #expect(try fit.required("source").string() == "fitted to 60 rows: rings")
    #expect(try fit.required("protocols").required("all_gather").array().count == 4)
    #expect(fit["protocols"]?["all_reduce"] == nil)
    #expect(result.diagnostics.contains("nccl, all_gather: 60 rows, held out in turn: median error"))
    #expect(result.diagnostics.contains("nccl, 16 MiB or more: 15 rows"))
    #expect(result.diagnostics.contains("% in the interval"))
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
