import GEMMTiming
import LinearSolvers
import Testing

@testable import DeviceModels

struct DeviceSpecificationRefinementTests {
  private func error(_ device: DeviceSpecification, _ entries: [MeasuredTable.Entry]) throws -> Double {
    let model = DeviceModel(specification: device, shape: .unused)
    var sum = 0.0
    for entry in entries {
      let predicted = try model.predict(entry.operation).seconds
      sum += abs(predicted / entry.seconds - 1)
    }
    return sum / Double(entries.count)
  }

  /// A system whose latencies are 1.6 times and whose rates 0.8 times what the file says.
  @Test(arguments: ["b200-sxm", "l40s"])
  func fewRowsOfExchangesMoveWhatAllShare(_ name: String) throws {
    let device = try DeviceSpecification.builtIn(named: name)
    var planted = try #require(device.collectiveFits.first)
    for (kind, ways) in planted.protocols {
      planted.protocols[kind] = ways.map { way in
        var way = way
        way.baseSeconds *= 1.6
        way.stepSeconds *= 1.6
        way.bandwidthFraction *= 0.8
        return way
      }
    }
    let all = PlantedExchanges.entries(planted, on: device)
    let few = [3, 9, 19, 43, 57].map { all[$0] }
    let (refined, lessons) = try device.refined(by: few, solver: PortableSolver())
    let before = try error(device, all)
    #expect(before > 0.2)
    #expect(try error(refined, all) < 0.4 * before)
    let lesson = try #require(lessons.first)
    #expect(lessons.count == 1 && lesson.kind == "collective" && lesson.subject == "nccl" && lesson.rows == 5)
    guard case .refined(_, nil) = lesson.outcome else {
      Issue.record("\(lesson)")
      return
    }
    // Few rows do not narrow the interval.
    #expect(refined.collectiveFits.first?.spread == device.collectiveFits.first?.spread)
    #expect(refined.collectiveFits.first?.source.hasSuffix("; refined by 5 rows of a table") == true)
    // Many rows bring it close, and the interval with it.
    let (many, moreLessons) = try device.refined(by: all, solver: PortableSolver())
    #expect(try error(many, all) < 0.03)
    guard case .refined(_, let after?) = moreLessons.first?.outcome else {
      Issue.record("\(moreLessons)")
      return
    }
    #expect(after < 0.05)
    let (wide, narrow) = (device.collectiveFits[0].spread, many.collectiveFits[0].spread)
    #expect(narrow.high / narrow.low < 0.8 * wide.high / wide.low)
  }

  @Test func rowsThatAgreeMoveNothing() throws {
    let device = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    let fit = try #require(device.collectiveFits.first)
    let (refined, _) = try device.refined(
      by: PlantedExchanges.entries(fit, on: device), solver: PortableSolver())
    #expect(refined.collectiveFits.first?.protocols == fit.protocols)
    let (same, none) = try device.refined(by: [], solver: PortableSolver())
    #expect(same == device && none.isEmpty)
  }

  @Test func aDeviceWithoutFitsBeginsWithNCCLsConstants() throws {
    let device = try DeviceSpecification.builtIn(named: "v100-pcie-32gb")
    #expect(device.collectiveFits.isEmpty)
    let planted = PlantedExchanges.fit(on: device, latency: 1.5, rate: 0.9)
    let (refined, _) = try device.refined(
      by: PlantedExchanges.entries(planted, on: device, variant: nil), solver: PortableSolver())
    #expect(refined.collectiveFits.map(\.name) == ["nccl"])
    #expect(try error(refined, PlantedExchanges.entries(planted, on: device)) < 0.05)
  }

  @Test func exchangesThatNothingIsKnownOfAreSaid() throws {
    let device = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    func entry(_ exchange: Communication) -> MeasuredTable.Entry {
      .init(
        row: 0, device: device.name, variant: nil, label: "", sizeClass: "", operation: .communication(exchange),
        seconds: 1e-5)
    }
    let (refined, lessons) = try device.refined(
      by: [
        entry(.init(.broadcast, bytes: 1e6, ranks: 8, nodes: 1)),
        entry(.init(.allReduce, bytes: 1e6, ranks: 8, nodes: 2)),
      ], solver: PortableSolver())
    #expect(refined == device)
    #expect(lessons.map(\.rows) == [1, 1])
    #expect(
      lessons.map(\.outcome) == [
        .unused("no protocol of their kind of exchange is known"), .unused("fits are of exchanges inside a node"),
      ])
  }

  /// A kind that shares a fit gets one of its own, and the others keep theirs.
  @Test func passesOverMemoryAreRefinedByTheirKind() throws {
    var device = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    let known = MemoryFit(
      kinds: [.swiglu, .gelu, .copy], launchSeconds: 2e-6, cachedFraction: 1.2, bandwidthFraction: 0.85, cacheShare: 1,
      fillSeconds: 1e-6, fillBytes: 5e5, spread: .init(low: 0.9, high: 1.1), source: "known")
    device.memoryFits = [known]
    var planted = known
    planted.launchSeconds *= 2
    let entries = (10...30).map { power -> MeasuredTable.Entry in
      let traffic = MemoryTraffic(.gelu, read: Double(1 << power), written: Double(1 << power), rows: nil)
      return .init(
        row: power, device: device.name, variant: nil, label: "gelu", sizeClass: "", operation: .memory(traffic),
        seconds: planted.seconds(traffic, on: device))
    }
    let (refined, lessons) = try device.refined(by: entries, solver: PortableSolver())
    #expect(try error(refined, entries) < 0.3 * error(device, entries))
    #expect(refined.memoryFits.map(\.kinds) == [[.gelu], [.swiglu, .copy]])
    #expect(refined.memoryFits.last?.launchSeconds == known.launchSeconds)
    #expect(lessons.map(\.subject) == ["gelu"])
    // Nineteen rows of a kind without a fit are not enough for one.
    let bare = try DeviceSpecification.builtIn(named: "v100-pcie-32gb")
    let few = entries.prefix(19).map {
      MeasuredTable.Entry(
        row: $0.row, device: bare.name, variant: nil, label: $0.label, sizeClass: "", operation: $0.operation,
        seconds: $0.seconds)
    }
    #expect(bare.memoryFits.isEmpty)
    let (unchanged, said) = try bare.refined(by: few, solver: PortableSolver())
    #expect(unchanged == bare)
    #expect(said.map(\.outcome) == [.unused("the device file has no fit of them, and 20 make one")])
  }

  @Test func attentionIsRefinedByItsLibrary() throws {
    let device = try DeviceSpecification.builtIn(named: "h100-sxm-80gb")
    let known = try #require(device.attentionFits.first { $0.name == "flash" })
    var planted = known
    planted.computeFraction *= 0.8
    planted.launchSeconds *= 1.5
    var entries: [MeasuredTable.Entry] = []
    for batch in [1, 4] {
      for length in [128, 512, 2048, 8192] {
        for heads in [8, 32, 64] {
          let shape = try AttentionShape(
            batch: batch, heads: heads, keyValueHeads: 8, headDimension: 128, queryLength: length, keyLength: length,
            causal: true)
          let entry = MeasuredTable.Entry(
            row: entries.count, device: device.name, variant: "torch-flash", label: "", sizeClass: "",
            operation: .attention(shape, .bf16), seconds: 1)
          let row = try #require(AttentionRow(entry, of: device))
          entries.append(
            .init(
              row: entries.count, device: device.name, variant: "torch-flash", label: "", sizeClass: "",
              operation: entry.operation, seconds: row.seconds(planted, on: device)))
        }
      }
    }
    let (refined, lessons) = try device.refined(by: entries, solver: PortableSolver())
    #expect(lessons.map(\.subject) == ["flash, several queries"])
    let fit = try #require(refined.attentionFits.first { $0.name == "flash" })
    for entry in entries {
      let row = try #require(AttentionRow(entry, of: device))
      #expect(abs(row.seconds(fit, on: device) / row.seconds - 1) < 0.05)
    }
    for other in device.attentionFits where other.name != "flash" { #expect(refined.attentionFits.contains(other)) }
  }
}
