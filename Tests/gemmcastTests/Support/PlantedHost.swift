import Foundation
import GEMMTiming

/// A host table whose times come from a known formula, to hold the binary's answers against.
enum PlantedHost {
  static let peak = 100e9
  static let bandwidth = 20e9
  static let fixedCost = 1e-6

  /// fixed cost + flops at the peak + compulsory traffic at the bandwidth.
  static func seconds(_ shape: GEMMShape) -> Double {
    fixedCost + shape.flops / peak + shape.bytes(.fp32) / bandwidth
  }

  /// Every combination of a few extents, and streaming rows.
  static func table() throws -> TimingTable {
    var rows: [TimingRow] = []
    for m in [4, 32, 100, 512, 2048] {
      for k in [16, 64, 300, 1024] {
        for n in [8, 64, 256, 1500] {
          let shape = try GEMMShape(m: m, k: k, n: n)
          rows.append(row(.gemm, shape, seconds(shape)))
        }
      }
    }
    for power in 10...25 {
      let shape = try GEMMShape(m: 1 << power, k: 1, n: 1)
      rows.append(row(.copy, shape, 8 * Double(shape.m) / bandwidth))
      rows.append(row(.axpy, shape, 12 * Double(shape.m) / bandwidth))
    }
    return TimingTable(rows: rows)
  }

  private static func row(_ routine: TimingRow.Routine, _ shape: GEMMShape, _ seconds: Double) -> TimingRow {
    TimingRow(
      routine: routine, device: "planted", dtype: .fp32, shape: shape, seconds: seconds, low: seconds * 0.999,
      high: seconds * 1.001, minimum: seconds * 0.998, samples: 20, threads: 1, cache: .hot)
  }
}

extension PlantedHost {
  /// The path of the planted table's fit, made once a run by the binary and kept beside it: fitting takes most of the
  /// time of a command.
  static func fitted() throws -> String { try fit.get() }

  private static let fit = Result {
    let folder = try TemporaryFolder()
    let file = BuiltCommand.executable.deletingLastPathComponent().appendingPathComponent("planted-host.json").path
    let table = try folder.file("host.csv", PlantedHost.table().csv())
    let result = try BuiltCommand.run(["fit", table, "--output", file])
    guard result.status == 0 else { throw CocoaError(.fileWriteUnknown, userInfo: ["diagnostics": result.diagnostics]) }
    return file
  }
}
