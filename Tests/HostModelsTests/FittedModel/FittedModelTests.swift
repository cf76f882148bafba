import DataFiles
import Foundation
import GEMMTiming
import LinearSolvers
import ModelStatistics
import SeededRandom
import Testing

@testable import HostModels

@Suite struct FittedModelTests {
  @Test func predictsShapesThatItHasNotSeen() throws {
    let model = try PlantedHost.model.get()
    let host = PlantedHost()
    let errors = try host.shapes(200, seed: 77).map { shape in
      abs(try model.predict(shape, .fp32).seconds / host.seconds(shape) - 1)
    }.sorted()
    #expect(errors.reduce(0, +) / 200 < 0.04)
    #expect(errors[190] < 0.12)
  }

  @Test func intervalsCoverNineTenthsOfNewMeasurements() throws {
    let model = try PlantedHost.model.get()
    let host = PlantedHost()
    let rows = host.rows(try host.shapes(400, seed: 5), seed: 6)
    let covered = try rows.count { row in
      let prediction = try model.predict(row.shape, .fp32)
      return prediction.low <= row.seconds && row.seconds <= prediction.high
    }
    #expect((320...396).contains(covered))
  }

  @Test func tendsToThePlantedRateFarBeyondTheRows() throws {
    let model = try PlantedHost.model.get()
    let shape = try GEMMShape(m: 20_480_000, k: 4096, n: 4096)
    let prediction = try model.predict(shape, .fp32)
    let ideal = PlantedHost().seconds(shape)
    #expect(abs(prediction.seconds / ideal - 1) < 0.06)
    #expect(prediction.source == .extrapolated)
    #expect(prediction.bound == .compute)
    #expect(prediction.low <= ideal && ideal <= prediction.high)
  }

  @Test func neverPassesTheCeilingAndGrowsWithDoubling() throws {
    let model = try PlantedHost.model.get()
    let peak = try #require(model.peakFlops(.fp32))
    for shape in try PlantedHost().shapes(100, seed: 9) {
      let time = try model.predict(shape, .fp32)
      #expect(time.seconds >= shape.flops / peak * (1 - 1e-12))
      #expect(time.low <= time.seconds && time.seconds <= time.high)
      for factor in [(2, 1, 1), (1, 2, 1), (1, 1, 2)] {
        let larger = try GEMMShape(m: shape.m * factor.0, k: shape.k * factor.1, n: shape.n * factor.2)
        // What falls within the noise is lifted, up to a rounding of the lifted shape itself.
        #expect(try model.predict(larger, .fp32).seconds > time.seconds * 0.98)
      }
    }
  }

  @Test func aBatchTakesItsTimes() throws {
    let model = try PlantedHost.model.get()
    let one = try model.predict(GEMMShape(m: 100, k: 200, n: 300), .fp32)
    let many = try model.predict(GEMMShape(m: 100, k: 200, n: 300, batch: 7), .fp32)
    #expect(abs(many.seconds / one.seconds - 7) < 1e-9)
    let huge = try GEMMShape(
      m: GEMMShape.maximumExtent, k: GEMMShape.maximumExtent, n: GEMMShape.maximumExtent,
      batch: GEMMShape.maximumExtent)
    #expect(try model.predict(huge, .fp32).seconds.isFinite)
  }

  @Test func memoryPassesFollowTheStreamingRows() throws {
    let model = try PlantedHost.model.get()
    let inside = try model.predict(.memory(MemoryTraffic(.copy, read: 3e6, written: 1e6)))
    #expect(abs(inside.seconds / (4e6 / 10e9) - 1) < 0.01)
    #expect(inside.source == .interpolated && inside.bound == .memory)
    let beyond = try model.predict(.memory(MemoryTraffic(.gelu, read: 1e12, written: 1e12)))
    #expect(abs(beyond.seconds / 200 - 1) < 0.01)
    #expect(beyond.source == .extrapolated)
  }

  @Test func attentionIsTwoProductsAndASoftmax() throws {
    let model = try PlantedHost.model.get()
    let shape = try AttentionShape(
      batch: 2, heads: 3, keyValueHeads: 3, headDimension: 64, queryLength: 100, keyLength: 200, causal: true)
    let parts = [
      try model.predict(GEMMShape(m: 100, k: 64, n: 200, batch: 6), .fp32),
      try model.predict(.memory(MemoryTraffic(.softmax, read: 480_000, written: 480_000))),
      try model.predict(GEMMShape(m: 100, k: 200, n: 64, batch: 6), .fp32),
    ]
    let whole = try model.predict(.attention(shape, .fp32))
    #expect(abs(whole.seconds / parts.reduce(0) { $0 + $1.seconds } - 1) < 1e-12)
  }

  @Test func refusesWhatAHostCannotTell() throws {
    let model = try PlantedHost.model.get()
    #expect(throws: UnsupportedOperation.self) { try model.predict(GEMMShape(m: 1, k: 1, n: 1), .bf16) }
    #expect(throws: UnsupportedOperation.self) {
      try model.predict(.communication(Communication(.allReduce, bytes: 1, ranks: 2, nodes: 1)))
    }
    #expect(try model.predict(.none) == .zero)
    #expect(model.peakFlops(.bf16) == nil)
  }

  @Test func oneModelAGroup() throws {
    let host = PlantedHost(noise: 0)
    let shapes = try host.shapes(200, seed: 3).filter { $0.arithmeticIntensity(.fp32) > 0.6 }.prefix(20).map(\.self)
    let table = TimingTable(rows: host.rows(shapes, seed: 1, threads: 1) + host.rows(shapes, seed: 2, threads: nil))
    let models = try FittedModel.fit(
      table, solver: PortableSolver(), options: FitOptions(folds: 2, learnsRemainder: false, searchesBlocking: false))
    #expect(models.map(\.group.threads) == [1, nil])
    #expect(models.allSatisfy { $0.shapeCount == 20 })
    // Without streaming rows and without a product with a vector there is no bandwidth to tell.
    #expect(throws: UnsupportedOperation.self) {
      try models[0].predict(.memory(MemoryTraffic(.copy, read: 1, written: 1)))
    }
  }

  @Test func takesTablesOfRequiredColumnsOnly() throws {
    let host = PlantedHost()
    // Published tables have no intervals, threads or cache states; many are of double precision, or of squares.
    func rows(_ shapes: [GEMMShape]) -> [TimingRow] {
      host.rows(shapes, seed: 2, threads: nil).map { row in
        TimingRow(device: "published", dtype: .fp64, shape: row.shape, seconds: row.seconds)
      }
    }
    let squares = try (1...40).map { try GEMMShape(m: 37 * $0, k: 37 * $0, n: 37 * $0) }
    for shapes in [try host.shapes(80, seed: 1), squares] {
      let model = try #require(
        try FittedModel.fit(
          TimingTable(rows: rows(shapes)), solver: PortableSolver(),
          options: FitOptions(folds: 4, searchesBlocking: false)
        ).first)
      #expect(model.group == MeasuredGroup(device: "published", dtype: .fp64))
      #expect(try #require(model.crossValidation.statistics()).median < 0.06)
      #expect(model.crossValidation.repeatNoise() == nil)
      let read = try FittedModel.models(FittedModel.json([model]), file: "model.json")
      #expect(read == [model])
    }
  }

  @Test func theOrderOfTheRowsDoesNotMatter() throws {
    let host = PlantedHost()
    let shapes = try host.shapes(60, seed: 12)
    // Ten shapes have two rows, which are pooled.
    var rows = host.rows(shapes, seed: 1) + host.rows(Array(shapes.prefix(10)), seed: 2)
    rows += try host.streaming()
    let fits = try (0..<3).map { seed in
      var generator = SplitMix64(seed: UInt64(seed))
      let table = TimingTable(rows: seed == 0 ? rows : rows.shuffled(using: &generator))
      return try FittedModel.json(FittedModel.fit(table, solver: PortableSolver(), options: FitOptions(folds: 4)))
    }
    #expect(fits[1] == fits[0] && fits[2] == fits[0])
  }

  @Test func tooFewRowsIsOneClearError() throws {
    let host = PlantedHost()
    let few = TimingTable(rows: host.rows(try host.shapes(7, seed: 3), seed: 1))
    #expect(throws: FitError.tooFewRows(group: "planted fp32, 1 thread, hot", found: 7, needed: 16)) {
      try FittedModel.fit(few, solver: PortableSolver())
    }
    #expect(throws: FitError.noGEMMRows) {
      try FittedModel.fit(TimingTable(rows: try host.streaming()), solver: PortableSolver())
    }
    #expect(throws: FitError.badOption(name: "folds", value: "1", expected: "a whole number of at least 2")) {
      try FittedModel.fit(few, solver: PortableSolver(), options: FitOptions(folds: 1))
    }
  }

  @Test func aGroupOfTooFewRowsIsPassedOver() throws {
    let host = PlantedHost()
    let hot = host.rows(try host.shapes(40, seed: 3), seed: 1)
    var cold = host.rows(try host.shapes(7, seed: 4), seed: 2)
    for index in cold.indices { cold[index].cache = .cold }
    let table = TimingTable(rows: hot + cold)
    let models = try FittedModel.fit(
      table, solver: PortableSolver(), options: FitOptions(folds: 2, searchesBlocking: false))
    #expect(models.map(\.group) == [MeasuredGroup(hot[0])])
    #expect(
      FittedModel.groupsTooSmall(in: table)
        == [.tooFewRows(group: "planted fp32, 1 thread, cold", found: 7, needed: 24)])
    #expect(FittedModel.groupsTooSmall(in: table, withPlaces: false).isEmpty)
  }

  @Test func heldOutErrorsAreCountedByRegime() throws {
    let validation = try PlantedHost.model.get().crossValidation
    #expect(validation.points.count == 120)
    let all = try #require(validation.statistics())
    #expect(all.mean < 0.06 && all.coverage > 0.85)
    let parts = [Regime.small, .medium, .large].compactMap { validation.statistics($0)?.count }
    #expect(parts.reduce(0, +) == 120)
    // Two medians with a standard error of 2 % differ by 2·0.02/√π on average.
    let noise = try #require(validation.repeatNoise())
    #expect(abs(noise - 0.0226) < 0.001)
    let worst = validation.worst(3)
    #expect(abs(abs(worst[0].relativeError) - all.worst) < 1e-12)
  }
}

/// The low ends of intervals, inside and beyond the measured range.
struct FittedModelLowEndTests {
  @Test func noIntervalBeginsAtItsMedian() throws {
    let model = try PlantedHost.model.get()
    let shapes = try PlantedHost().shapes(300, seed: 21).map { ($0.m, $0.k, $0.n) }
    for (m, k, n) in shapes + [
      (1024, 1024, 1024), (20_480_000, 512, 10_000), (4096, 4096, 4096), (100_000, 8192, 8192),
    ] {
      let time = model.gemm(try GEMMShape(m: m, k: k, n: n))
      #expect(time.low < time.seconds * 0.999, "(\(m),\(k),\(n)): \(time)")
      #expect(time.high > time.seconds)
      // Nor does it promise much more than the fastest row reached.
      #expect(time.low > 0.7 * 2 * Double(m) * Double(k) * Double(n) / model.ceilings.peakFlops)
    }
  }

  /// The true times of shapes that nobody measured lie below the low end in few cases.
  @Test func fewTimesLieBelow() throws {
    let (model, host) = (try PlantedHost.model.get(), PlantedHost())
    let shapes = try host.shapes(300, seed: 22)
    let below = shapes.count { host.seconds($0) < model.gemm($0).low }
    #expect(below <= 30, "\(below)")
  }
}
