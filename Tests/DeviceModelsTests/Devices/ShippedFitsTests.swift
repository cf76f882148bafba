import DataFiles
import Foundation
import GEMMTiming
import ModelStatistics
import Testing

@testable import DeviceModels

/// The shipped device files against the tables that they were fitted to.
struct ShippedFitsTests {
  private func report(_ device: String, _ table: String) throws -> ValidationReport {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../calibration/devices/\(device)/\(table).csv").standardized
    return try ValidationReport(MeasuredTable(contentsOf: file.path)) { (name, variant) throws(FileError) in
      DeviceModel(
        specification: try .builtIn(named: name),
        shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.9, kneeSharpness: 3.3), detail: .shipped,
        variant: variant)
    }
  }

  @Test(arguments: ["h100-sxm-80gb", "h200-sxm-141gb"])
  func passesOverMemoryArePredicted(_ device: String) throws {
    let report = try report(device, "memory-ops")
    for kind in ["layer_norm", "rms_norm", "gelu", "residual", "copy"] {
      let errors = try #require(report.statistics { $0.label == kind })
      #expect(errors.count == 35)
      #expect(errors.mean < 0.065 && errors.p90 < 0.14, "\(kind): \(errors)")
      #expect((0.85...1).contains(errors.coverage), "\(kind): \(errors)")
    }
    // Of a few short rows at a time PyTorch takes longer than of long ones; a time that never falls lies between.
    let softmax = try #require(report.statistics { $0.label == "softmax" })
    #expect(softmax.mean < 0.2 && softmax.median < 0.12 && softmax.coverage > 0.85, "\(softmax)")
    let all = try #require(report.overall)
    #expect(all.mean < 0.07 && all.median < 0.035, "\(all)")
  }

  @Test(arguments: ["h100-sxm-80gb", "h200-sxm-141gb"], ["flash", "cudnn"])
  func attentionIsPredicted(_ device: String, _ library: String) throws {
    let report = try report(device, "attention")
    let steps = try #require(report.document.column("step"))
    let variants = try #require(report.document.column("variant"))
    for isDecoding in [false, true] {
      let errors = try #require(
        report.statistics {
          let fields = report.document.rows[$0.row]
          return fields[variants].hasSuffix(library) && (fields[steps] != "0") == isDecoding
        })
      #expect(errors.count == 130)
      #expect(errors.mean < 0.08 && errors.median < 0.065 && errors.p90 < 0.15, "\(errors)")
      #expect((0.85...0.97).contains(errors.coverage), "\(errors)")
    }
  }

  @Test func theFasterLibraryIsTheUsualOne() throws {
    for name in ["h100-sxm-80gb", "h200-sxm-141gb"] {
      let fits = try DeviceSpecification.builtIn(named: name).attentionFits
      #expect(fits.map(\.name) == ["cudnn", "flash", "serving"])
      #expect(fits.selected(by: "torch-2.11.0+cu130-flash")?.name == "flash")
      #expect(fits.selected(by: "vllm-0.14.0")?.name == "serving")
    }
  }
}
