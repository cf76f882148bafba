import DataFiles
import Foundation
import GEMMTiming
import Testing

@testable import HostCalibration

@Suite struct SequenceRowsTests {
  private func rows(kernel: String = "Haswell", seconds: [Double]) throws -> SequenceRows {
    let shape = try GEMMShape(m: 4, k: 5, n: 6)
    let products = seconds.map { time in
      SequenceRows.Product(
        shape, layout: .nt, median: time, low: 0.9 * time, high: 1.1 * time, minimum: 0.8 * time, samples: 10)
    }
    let other = SequenceRows.Product(
      shape, layout: .nn, median: 1e-6, low: 1e-6, high: 1e-6, minimum: 1e-6, samples: 3)
    return try SequenceRows(
      products + [other], topology: try HostTopology.discover(),
      build: OpenBLASBuild(
        version: "1.2.3", configuration: "OpenBLAS 1.2.3", kernel: kernel, threads: 2, threading: .pthread),
      threads: 2, hardwareThreads: [0, 1], passes: 7, seed: 3)
  }

  @Test func productsOfOneShapeAndLayoutAreOneRow() throws {
    let table = try rows(seconds: [2e-6, 8e-6]).table
    #expect(table.rows.count == 2)
    let row = try #require(table.rows.first)
    // The mean in the logarithm.
    #expect(abs(row.seconds / 4e-6 - 1) < 1e-12 && row.samples == 20 && row.minimum == 1.6e-6)
    #expect(row.cache == .sequence && row.layout == .nt && row.threads == 2 && row.dtype == .fp32)
    #expect(row.other["library"] == "OpenBLAS 1.2.3 pthread" && row.other["pinned"] == "0 1")
    #expect(table.rows.last?.layout == .nn)
    #expect(table.otherColumns == Calibrator.tableColumns)
  }

  @Test func aTableGrowsAndStaysOneOfItsKind() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/rows.csv"
    let first = try rows(seconds: [2e-6])
    try first.merged(with: path).write(to: path)
    try rows(seconds: [8e-6]).merged(with: path).write(to: path)
    let read = try TimingTable(contentsOf: path)
    #expect(read.rows.count == 2 && read.rows.first?.samples == 20)
    #expect(abs((read.rows.first?.seconds ?? 0) / 4e-6 - 1) < 1e-6)
    #expect {
      _ = try rows(kernel: "Zen", seconds: [2e-6]).merged(with: path)
    } throws: { error in
      guard case .otherCalibration(_, "kernel", "Haswell", "Zen") = error as? CalibrationError else { return false }
      return true
    }
  }
}
