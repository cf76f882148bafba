import GEMMTiming
import LinearSolvers
import Testing

@testable import DeviceModels

struct GEMMRefinementTests {
  private let shape = RooflineShape(computeFraction: 0.9, bandwidthFraction: 0.9, kneeSharpness: 3.3)

  /// Rows of a device whose parameters are planted apart from what is known of it.
  private func planted(_ count: Int) throws -> (model: DeviceModel, rows: [TimingRow], test: [TimingRow]) {
    let model = DeviceModel(specification: try .builtIn(named: "rtx-4090"), shape: shape)
    let index = try #require(DataType.allCases.firstIndex(of: .bf16))
    let known = try #require(model.gemms[index])
    var parameters = known.parameters
    parameters.computeFraction *= 0.85
    parameters.bandwidthFraction *= 0.9
    parameters.launchSeconds *= 1.3
    parameters.fillSeconds *= 1.3
    parameters.memoryLatencySeconds *= 1.3
    let truth = known.with(parameters: parameters, spread: known.spread)
    var rows: [TimingRow] = []
    for (i, m) in [1, 8, 64, 250, 512, 2048, 8000].enumerated() {
      for (j, k) in [64, 500, 2048, 8192].enumerated() {
        for n in [128, 1000, 4096, 16384] where (i + j + n) % 2 == 0 || count > 50 {
          let shape = try GEMMShape(m: m, k: k, n: n)
          rows.append(TimingRow(device: "rtx-4090", dtype: .bf16, shape: shape, seconds: truth.time(shape).seconds))
        }
      }
    }
    let test = rows.enumerated().filter { $0.offset % 3 == 0 }.map(\.element)
    let train = rows.enumerated().filter { $0.offset % 3 != 0 }.map(\.element)
    return (model, train, test)
  }

  private func meanError(_ model: DeviceModel, _ rows: [TimingRow], as dtype: DataType = .bf16) throws -> Double {
    try rows.reduce(0) { $0 + abs(try model.predict($1.shape, dtype).seconds / $1.seconds - 1) } / Double(rows.count)
  }

  @Test func plantedParametersAreApproached() throws {
    let (model, rows, test) = try planted(100)
    let refined = try model.refined(by: rows, solver: PortableSolver())
    let (before, after) = (try meanError(model, test), try meanError(refined, test))
    #expect(before > 0.08)
    #expect(after < before / 4, "before \(before), after \(after)")
    // fp16 has the same tiles and peak and no rows of its own.
    #expect(try meanError(refined, test, as: .fp16) < before / 4)
    // Int8 has other tiles and stays.
    let int8 = try GEMMShape(m: 512, k: 512, n: 512)
    #expect(try refined.predict(int8, .int8) == model.predict(int8, .int8))
  }

  @Test func oneRowMovesTheModelLittle() throws {
    let (model, rows, test) = try planted(100)
    var row = rows[20]
    row.seconds *= 3
    let refined = try model.refined(by: [row], solver: PortableSolver())
    for row in test {
      let ratio = try refined.predict(row.shape, .bf16).seconds / model.predict(row.shape, .bf16).seconds
      #expect((0.8...1.55).contains(ratio))
    }
  }

  @Test func rowsOfOtherDevicesAreLeftOut() throws {
    let (model, rows, test) = try planted(100)
    let others = rows.map { row in
      var other = row
      other.device = "h100-sxm-80gb"
      return other
    }
    let refined = try model.refined(by: others, solver: PortableSolver())
    #expect(try refined.predict(test[0].shape, .bf16) == model.predict(test[0].shape, .bf16))
  }

  @Test func theSourceTellsWhetherAShapeLiesAmongTheRows() throws {
    let (model, rows, _) = try planted(100)
    let refined = try model.refined(by: rows, solver: PortableSolver())
    #expect(try model.predict(try GEMMShape(m: 100, k: 1000, n: 1000), .bf16).source == .specification)
    #expect(try refined.predict(try GEMMShape(m: 100, k: 1000, n: 1000), .bf16).source == .interpolated)
    #expect(try refined.predict(try GEMMShape(m: 100_000, k: 1000, n: 1000), .bf16).source == .extrapolated)
  }

  @Test func refinedTimesStillNeverFall() throws {
    let (model, rows, _) = try planted(100)
    let refined = try model.refined(by: rows, solver: PortableSolver())
    for base in [1, 100, 1000, 5000] {
      var last = 0.0
      for step in 0..<40 {
        let time = try refined.predict(try GEMMShape(m: base + 128 * step, k: 1024, n: 1536), .bf16).seconds
        #expect(time >= last)
        last = time
      }
    }
  }
}
