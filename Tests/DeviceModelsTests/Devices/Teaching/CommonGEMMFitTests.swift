import Foundation
import GEMMTiming
import LinearSolvers
import ModelStatistics
import SeededRandom
import Testing

@testable import DeviceModels

@Suite struct CommonGEMMFitTests {
  private static let names = ["a100-sxm-80gb", "l40s", "rtx-a6000", "rtx-3090"]

  /// What kernels are planted to have in common, apart from where a fit begins.
  private static let planted: CommonGEMMs = {
    var set = CommonGEMMParameters.start(.registers)
    set.sustainedShare *= 0.9
    set.bandwidthFraction *= 0.92
    set.stepClocks *= 1.6
    set.launchShare *= 1.4
    set.memoryLatencyClocks *= 1.3
    set.cacheBytesPerClock *= 0.5
    return CommonGEMMs([.registers: set])
  }()

  /// Rows of each device by the planted parameters, each a few percent off by chance.
  private static func rows() throws -> [TimingRow] {
    var generator = SplitMix64(seed: 29)
    return try names.flatMap { name in
      let device = try DeviceSpecification.builtIn(named: name)
      let tiled = try #require(
        TiledGEMM(device, dtype: .bf16, shape: .unused, detail: .tiles, common: planted))
      return try (0..<90).map { _ in
        func extent(_ most: Double) -> Int { 16 * Int(exp2(.random(in: 0...most, using: &generator))) }
        let shape = try GEMMShape(m: extent(9), k: extent(9), n: extent(9))
        let noise = exp(Double.random(in: -0.04...0.04, using: &generator))
        return TimingRow(device: name, dtype: .bf16, shape: shape, seconds: noise * tiled.time(shape).seconds)
      }
    }
  }

  private static func fit(_ rows: [TimingRow]) throws -> CommonGEMMFit {
    try CommonGEMMFit(
      names.map { CommonGEMMFit.Device(try .builtIn(named: $0), rows: rows) }, solver: PortableSolver())
  }

  @Test func plantedParametersPredictADeviceThatWasLeftOut() throws {
    let rows = try Self.rows()
    let fit = try Self.fit(rows)
    let device = try DeviceSpecification.builtIn(named: "l40s")
    let left = try #require(try LeftOutDevice(device, rows: rows, fit: fit))
    #expect(left.name == "l40s" && left.statistics.count == 90)
    #expect(left.statistics.mean < 0.04, "\(left.statistics.mean)")
    // Where a fit begins is further off, so that the rows of others taught it.
    let start = try #require(
      TiledGEMM(device, dtype: .bf16, shape: .unused, detail: .tiles, common: CommonGEMMs([:])))
    let own = rows.filter { $0.device == "l40s" }
    let untaught = own.reduce(0) { $0 + abs(start.time($1.shape).seconds / $1.seconds - 1) } / Double(own.count)
    #expect(untaught > 2 * left.statistics.mean)
    #expect(left.statistics.coverage > 0.75)
  }

  @Test func rowsOfTheDeviceThatIsLeftOutDoNotCount() throws {
    let rows = try Self.rows()
    let spoilt = rows.map { row in
      var row = row
      if row.device == "l40s" { row.seconds *= 5 }
      return row
    }
    let common = try Self.fit(rows).common(leavingOut: "l40s", source: "rows")
    #expect(try Self.fit(spoilt).common(leavingOut: "l40s", source: "rows") == common)
  }

  @Test func kindsWithoutRowsAreLeftOut() throws {
    let common = try Self.fit(try Self.rows()).common(source: "rows")
    #expect(common.has(.registers) && !common.has(.bulkCopies) && !common.has(.vector))
    #expect(common.parameters(.registers).source == "rows")
  }

  /// One device that is off as a whole makes the intervals of others wide; a device that follows the rest does not.
  @Test func spreadsAreOfWholeDevices() throws {
    let rows = try Self.rows()
    let odd = rows.map { row in
      var row = row
      if row.device == "rtx-3090" { row.seconds *= 1.5 }
      return row
    }
    let alike = try Self.fit(rows).common(source: "rows").parameters(.registers).spread
    let apart = try Self.fit(odd).common(source: "rows").parameters(.registers).spread
    #expect(alike.compute.high < 1.15, "\(alike.compute)")
    #expect(apart.compute.high > 1.3, "\(apart.compute)")
  }
}
