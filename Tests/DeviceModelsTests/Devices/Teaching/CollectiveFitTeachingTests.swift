import GEMMTiming
import LinearSolvers
import ModelStatistics
import SeededRandom
import Testing

@testable import DeviceModels

/// Rows of exchanges as a device would give them whose library takes what a fit says.
enum PlantedExchanges {
  static func entries(
    _ fit: CollectiveFit, on device: DeviceSpecification, kinds: [Communication.Kind] = [.allReduce, .allGather],
    ranks: [Int] = [2, 4, 8], powers: ClosedRange<Int> = 9...28, variant: String? = "nccl-2.27.3:half",
    noise: Double = 0
  ) -> [MeasuredTable.Entry] {
    var generator = SplitMix64(seed: 3)
    var entries: [MeasuredTable.Entry] = []
    for kind in kinds {
      for ranks in ranks {
        for power in powers {
          let bytes = Double(1 << power)
          let unit = Double(generator.next() >> 11) / 9_007_199_254_740_992
          let seconds = fit.seconds(kind, bytes: bytes, ranks: Double(ranks), on: device) ?? 0
          entries.append(
            .init(
              row: entries.count, device: device.name, variant: variant, label: kind.rawValue, sizeClass: "",
              operation: .communication(Communication(kind, bytes: bytes, ranks: ranks, nodes: 1)),
              seconds: seconds * (1 + noise * (2 * unit - 1))))
        }
      }
    }
    return entries
  }

  /// NCCL's constants with other latencies and rates.
  static func fit(on device: DeviceSpecification, latency: Double, rate: Double) -> CollectiveFit {
    var fit = CollectiveFit.nccl(on: device)
    for (kind, ways) in fit.protocols {
      fit.protocols[kind] = ways.map { way in
        var way = way
        way.baseSeconds *= latency
        way.stepSeconds *= latency
        way.bandwidthFraction *= rate
        return way
      }
    }
    return fit
  }
}

struct CollectiveFitTeachingTests {
  @Test(arguments: ["a100-sxm-80gb", "h100-sxm-80gb"])
  func plantedExchangesAreRecovered(_ name: String) throws {
    let device = try DeviceSpecification.builtIn(named: name)
    let planted = PlantedExchanges.fit(on: device, latency: 1.4, rate: 0.85)
    let rows = PlantedExchanges.entries(planted, on: device)
    let taught = try device.collectiveFits(taughtBy: rows, source: "planted", solver: PortableSolver())
    #expect(taught.count == 1)
    let (fit, heldOut) = (try #require(taught.first).fit, try #require(taught.first).heldOut)
    #expect(fit.name == "nccl" && fit.matches == ["nccl"] && fit.source == "fitted to 120 rows: planted")
    #expect(Set(fit.protocols.keys) == [.allReduce, .allGather])
    #expect(heldOut.map(\.name) == ["nccl, all_reduce", "nccl, all_gather", "nccl, all", "nccl, 16 MiB or more"])
    #expect(heldOut[2].statistics.count == 120 && heldOut[2].statistics.mean < 0.02)
    #expect(heldOut[3].statistics.count == 30 && heldOut[3].statistics.mean < 0.01)
    for entry in rows {
      let row = try #require(CollectiveRow(entry, of: device))
      #expect(abs(fit.seconds(row, on: device) / row.seconds - 1) < 0.03, "\(row)")
    }
    // What the library reckons is not learned from times.
    for kind in [Communication.Kind.allReduce, .allGather] {
      #expect(fit.protocols[kind]?.map(\.estimate) == planted.protocols[kind]?.map(\.estimate))
    }
  }

  /// A fit that has not seen a size is judged by it: noise of ±8 % stays, and the spread says so.
  @Test func theSpreadIsOfSizesThatWereLeftOut() throws {
    let device = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    let planted = PlantedExchanges.fit(on: device, latency: 1.1, rate: 0.9)
    let rows = PlantedExchanges.entries(planted, on: device, noise: 0.08)
    let taught = try #require(
      try device.collectiveFits(taughtBy: rows, source: "noisy", solver: PortableSolver()).first)
    #expect(taught.fit.spread.low > 0.85 && taught.fit.spread.low < 0.96)
    #expect(taught.fit.spread.high < 1.18 && taught.fit.spread.high > 1.04)
    let all = try #require(taught.heldOut.first { $0.name == "nccl, all" }).statistics
    #expect(all.mean > 0.03 && all.mean < 0.07)
    #expect(all.coverage >= 0.85 && all.coverage <= 0.95)
  }

  @Test func eachLibraryHasItsOwn() throws {
    let device = try DeviceSpecification.builtIn(named: "a100-sxm-80gb")
    let custom = try #require(device.collectiveFits.first { $0.hostSeconds > 0 })
    let rows =
      PlantedExchanges.entries(.nccl(on: device), on: device)
      + PlantedExchanges.entries(custom, on: device, kinds: [.allReduce], variant: "custom:x-1:x_eager")
      + PlantedExchanges.entries(.nccl(on: device), on: device, kinds: [.allGather], variant: "other library")
    let taught = try device.collectiveFits(taughtBy: rows, source: "planted", solver: PortableSolver())
    #expect(taught.map(\.fit.name) == ["nccl", custom.name, "other library"])
    #expect(abs(taught[1].fit.hostSeconds / custom.hostSeconds - 1) < 0.1)
    #expect(taught[1].heldOut.first?.statistics.mean ?? 1 < 0.02)
  }

  @Test func fewRowsOthersAndSeveralNodesTeachNothing() throws {
    let device = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    let rows = PlantedExchanges.entries(.nccl(on: device), on: device)
    func names(_ entries: [MeasuredTable.Entry], _ device: DeviceSpecification) throws -> [String] {
      try device.collectiveFits(taughtBy: entries, source: "few", solver: PortableSolver()).map(\.fit.name)
    }
    #expect(try names(Array(rows.prefix(19)), device).isEmpty)
    #expect(try names(Array(rows.prefix(20)), device) == ["nccl"])
    #expect(try names(rows, .builtIn(named: "h200-sxm-141gb")).isEmpty)
    let spread = rows.map { entry -> MeasuredTable.Entry in
      guard case .communication(let one) = entry.operation else { return entry }
      return .init(
        row: entry.row, device: entry.device, variant: nil, label: entry.label, sizeClass: "",
        operation: .communication(Communication(one.kind, bytes: one.bytes, ranks: one.ranks, nodes: 2)),
        seconds: entry.seconds)
    }
    #expect(try names(spread, device).isEmpty)
  }
}
