import DataFiles
import Foundation
import GEMMTiming
import LinearSolvers
import SeededRandom
import Testing

@testable import DeviceModels

struct GEMMFitTeachingTests {
  private let shape = RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.9, kneeSharpness: 3.3)

  /// Rows that are longer than tiles and waves say, the more so the deeper k is.
  private func rows(of model: DeviceModel, _ count: Int) throws -> [TimingRow] {
    var generator = SplitMix64(seed: 8)
    return try (0..<count).map { _ in
      func extent(_ bits: ClosedRange<Double>) -> Int { Int(exp2(Double.random(in: bits, using: &generator))) }
      // Rows that begin on 16 bytes, which a remainder is for.
      let shape = try GEMMShape(m: extent(0...11), k: 8 * extent(3...9), n: 8 * extent(3...9))
      let factor = 1 + 0.25 * pow(log2(Double(shape.k)) / 6 - 1, 2)
      return TimingRow(
        device: "l40s", dtype: .bf16, shape: shape, seconds: try model.predict(shape, .bf16).seconds * factor)
    }
  }

  @Test func whatADeviceFileCarriesPredictsAsTheRefinedModelDoes() throws {
    let specification = try DeviceSpecification.builtIn(named: "l40s")
    let model = DeviceModel(specification: specification, shape: shape)
    let rows = try rows(of: model, 120)
    let fits = try model.gemmFits(taughtBy: rows, source: "planted", solver: PortableSolver())
    #expect(fits.count == 1)
    let fit = try #require(fits.first)
    #expect(fit.source == "fitted to 120 bf16 rows: planted")
    #expect(fit.remainder != nil)

    // Through the device file's text and back.
    var root = try JSONSerialization.jsonObject(with: Data(contentsOf: deviceFile)) as? [String: Any]
    var kernels = root?["kernels"] as? [String: Any]
    kernels?["gemm_fits"] = try JSONSerialization.jsonObject(with: Data("[\(fit.json.text)]".utf8))
    root?["kernels"] = kernels
    let text = try String(bytes: JSONSerialization.data(withJSONObject: try #require(root)), encoding: .utf8)
    let read = try DeviceSpecification(JSONDocument(text: try #require(text), file: "l40s.json"))
    let shipped = DeviceModel(specification: read, shape: shape)
    let refined = try model.refined(by: rows, solver: PortableSolver())
    for row in rows {
      let (a, b) = (try shipped.predict(row.shape, .bf16), try refined.predict(row.shape, .bf16))
      // A thousandth is what the file rounds to.
      #expect(abs(a.seconds / b.seconds - 1) < 0.002)
      #expect(abs(a.high / a.seconds - b.high / b.seconds) < 1e-9)
    }
  }

  /// Rows that the file predicts as well as can be leave it as it is, and its source says so.
  @Test func whatIsKeptIsNotCalledFitted() throws {
    let specification = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    let model = DeviceModel(specification: specification, shape: shape)
    let rows = try rows(of: model, 60).map { row in
      TimingRow(
        device: "h100-sxm-80gb", dtype: .bf16, shape: row.shape, seconds: try model.predict(row.shape, .bf16).seconds)
    }
    let known = try #require(specification.gemmFit(for: .bf16))
    let fit = try #require(try model.gemmFits(taughtBy: rows, source: "its own", solver: PortableSolver()).first)
    #expect(fit.parameters == known.parameters && fit.remainder == known.remainder)
    #expect(fit.source == known.source + "; spread: of 60 bf16 rows: its own")
  }

  private var deviceFile: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../../calibration/devices/l40s.json").standardized
  }

  @Test(arguments: [
    (#"{"m": [1], "k": [32], "n": [32], "permille": [1]}"#, "batch is missing"),
    (#"{"m": [1, 1], "k": [32], "n": [32], "batch": [1], "permille": [1, 1]}"#, "the extent is 1"),
    (#"{"m": [0], "k": [32], "n": [32], "batch": [1], "permille": [1]}"#, "the extent is 0"),
    (#"{"m": [], "k": [32], "n": [32], "batch": [1], "permille": []}"#, "m has 0 nodes"),
    (#"{"m": [1, 2], "k": [32], "n": [32], "batch": [1], "permille": [1]}"#, "there are 1 values"),
    (#"{"m": [1], "k": [32], "n": [32], "batch": [1], "permille": [9999]}"#, "9999"),
  ])
  func aSurfaceThatIsNoneIsRefused(_ text: String, _ culprit: String) throws {
    let root = try JSONDocument(text: text, file: "device.json").root
    do {
      _ = try RemainderSurface(root)
      Issue.record("\(text) was read")
    } catch {
      #expect(error.description.contains(culprit), "\(error)")
    }
  }
}
