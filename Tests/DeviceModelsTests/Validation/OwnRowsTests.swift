import DataFiles
import GEMMTiming
import Testing

@testable import DeviceModels

struct OwnRowsTests {
  private func table() throws -> MeasuredTable {
    var rows: [[String]] = []
    for device in ["l40s", "t4"] {
      for m in [1, 16, 256, 4096] {
        for k in [128, 1024, 8192] {
          rows.append([device, "fp16", "\(m)", "\(k)", "512", "1", "\(m + k)"])
        }
      }
    }
    return try MeasuredTable(
      CSVDocument(
        text: CSVDocument.serialize(header: MeasuredTable.Kind.gemm.columns, rows: rows), file: "rows.csv"))
  }

  private func model(_ name: String) throws(FileError) -> DeviceModel {
    DeviceModel(
      specification: try .builtIn(named: name),
      shape: RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.85, kneeSharpness: 3.5))
  }

  @Test func aFileIsDividedIntoPlannedRowsAndTheRest() throws {
    let table = try table()
    let own = try OwnRows(table, count: 5, seed: 1) { (name) throws(FileError) in try model(name) }
    #expect(own.taught.count == 10)
    #expect(own.rest.entries.count == 14)
    let rest = Set(own.rest.entries.map(\.row))
    for device in ["l40s", "t4"] {
      let chosen = own.taught.filter { $0.device == device }
      #expect(chosen.count == 5)
      for row in chosen {
        // Its time is the file's, and no row of the rest is of its shape and device.
        #expect(abs(row.seconds * 1e6 - Double(row.shape.m + row.shape.k)) < 1e-6)
        let twins = table.entries.filter { $0.device == device && $0.operation == .gemm(row.shape, .fp16) }
        #expect(twins.count == 1 && twins.allSatisfy { !rest.contains($0.row) })
      }
    }
  }

  @Test func devicesWithoutAModelKeepTheirRows() throws {
    let own = try OwnRows(table(), count: 5, seed: 1) { (name) throws(FileError) in name == "t4" ? nil : try model(name)
    }
    #expect(own.taught.allSatisfy { $0.device == "l40s" })
    #expect(own.rest.entries.count { $0.device == "t4" } == 12)
  }

  @Test func aPlanThatLeavesNothingIsRefused() throws {
    #expect(throws: FileError.self) {
      try OwnRows(table(), count: 100, seed: 1) { (name) throws(FileError) in try model(name) }
    }
  }
}
