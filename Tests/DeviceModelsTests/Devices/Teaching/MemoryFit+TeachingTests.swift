import DataFiles
import Foundation
import GEMMTiming
import LinearSolvers
import ModelStatistics
import Testing

@testable import DeviceModels

struct MemoryFitTeachingTests {
  private let planted = MemoryFit(
    kinds: [.residual], launchSeconds: 1.5e-6, cachedFraction: 1.4, bandwidthFraction: 0.8, cacheShare: 0.5,
    fillSeconds: 8e-7, fillBytes: 3e5, spread: .init(low: 0.9, high: 1.1), source: "planted")

  private var plantedByRows: MemoryFit {
    var fit = MemoryFit(
      kinds: [.rmsNorm], launchSeconds: 2e-6, cachedFraction: 0.75, bandwidthFraction: 0.75, cacheShare: 1,
      spread: .init(low: 0.9, high: 1.1), source: "planted")
    fit.rows = .init(
      byteSeconds: 8e-11, crowding: 3, halfCrowd: 15, kneeSharpness: 2.5, turnSeconds: 1e-7, longTurnSeconds: 2e-6,
      longBytes: 50000)
    return fit
  }

  /// Rows as a device would give them whose passes take what `fit` says.
  private func entries(_ fit: MemoryFit, on device: DeviceSpecification) -> [MeasuredTable.Entry] {
    var entries: [MeasuredTable.Entry] = []
    for rows in [1, 16, 128, 1024, 4096, 16384, 65536] {
      for columns in [1024, 2048, 4096, 8192, 16384] {
        let half = 2 * Double(rows) * Double(columns)
        let traffic = MemoryTraffic(fit.kinds[0], read: half, written: half, rows: Double(rows))
        entries.append(
          .init(
            row: entries.count, device: device.name, variant: nil, label: fit.kinds[0].rawValue, sizeClass: "",
            operation: .memory(traffic), seconds: fit.seconds(traffic, on: device)))
      }
    }
    return entries
  }

  @Test func plantedPassesAreRecovered() throws {
    let device = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    for planted in [planted, plantedByRows] {
      let rows = entries(planted, on: device)
      let taught = try device.memoryFits(taughtBy: rows, source: "planted", solver: PortableSolver())
      #expect(taught.count == 1)
      let (fit, heldOut) = (try #require(taught.first).fit, try #require(taught.first?.heldOut.first))
      #expect(fit.kinds == planted.kinds)
      #expect(abs(fit.launchSeconds / planted.launchSeconds - 1) < 0.1)
      #expect(abs(fit.bandwidthFraction / planted.bandwidthFraction - 1) < 0.1)
      #expect((fit.rows == nil) == (planted.rows == nil))
      #expect(heldOut.statistics.count == rows.count)
      #expect(heldOut.statistics.mean < 0.02)
      #expect(fit.spread.low > 0.95 && fit.spread.high < 1.05)
      for row in rows {
        guard case .memory(let traffic) = row.operation else { continue }
        #expect(abs(fit.seconds(traffic, on: device) / row.seconds - 1) < 0.02)
      }
    }
  }

  @Test func fewRowsAndOthersTeachNothing() throws {
    let device = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    let rows = entries(planted, on: device)
    let few = try device.memoryFits(taughtBy: Array(rows.prefix(19)), source: "few", solver: PortableSolver())
    #expect(few.isEmpty)
    let other = try DeviceSpecification.builtIn(named: "h200-sxm-141gb")
    #expect(try other.memoryFits(taughtBy: rows, source: "others", solver: PortableSolver()).isEmpty)
  }

  @Test func aFitIsReadAsItWasWritten() throws {
    for fit in [planted, plantedByRows] {
      #expect(try MemoryFit(JSONDocument(text: fit.json.text, file: "fit.json").root) == fit)
    }
  }

  @Test(arguments: [
    (#""fill_s": 1e-6"#, "fill_bytes"),
    (#""rows": {"byte_s": 1e-10}"#, "crowding"),
    (#""rows": {"byte_s": -1}"#, "byte_s is -1"),
    (#""rows": {"width": 1}"#, "width"),
  ])
  func whatIsNoFitIsRefused(_ member: String, _ culprit: String) throws {
    let text =
      #"{"kinds": ["copy"], "launch_s": 1e-6, "cached_fraction": 1, "bandwidth_fraction": 0.9, "cache_share": 1, "#
      + member + #", "spread": [0.9, 1.1], "source": "none"}"#
    let error = #expect(throws: FileError.self) { try MemoryFit(JSONDocument(text: text, file: "fit.json").root) }
    #expect(error?.description.contains(culprit) == true, "\(String(describing: error))")
  }

  @Test(arguments: ["h100-sxm-80gb", "h200-sxm-141gb", "h100-pcie-80gb", "b200-sxm", "gb200"])
  func timeFallsWithNeitherRowsNorColumns(_ name: String) throws {
    let model = DeviceModel(
      specification: try .builtIn(named: name),
      shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.9, kneeSharpness: 3.3), detail: .shipped)
    let extents = (0...32).map { Int(exp2(Double($0) / 2)) }
    for kind in MemoryTraffic.Kind.allCases {
      func time(_ rows: Int, _ columns: Int) throws -> TimePrediction {
        let half = 2 * Double(rows) * Double(columns)
        return try model.predict(.memory(MemoryTraffic(kind, read: half, written: half, rows: Double(rows))))
      }
      for (small, large) in zip(extents, extents.dropFirst()) {
        for other in [1, 100, 3000, 50000] {
          #expect(try time(small, other).seconds <= time(large, other).seconds)
          #expect(try time(other, small).seconds <= time(other, large).seconds)
          let prediction = try time(large, other)
          let limit = 4 * Double(large) * Double(other) / model.specification.memoryBandwidth.value
          #expect(prediction.seconds >= limit && prediction.low <= prediction.seconds)
        }
      }
    }
  }
}
