import GEMMTiming
import Testing

@testable import HostCalibration

// One process has one OpenBLAS: its number of threads is shared by all tests.
@Suite(.serialized) struct InProcessMeasurerTests {
  private static let quick = StopRule(minimumSamples: 3, maximumSamples: 4)

  private static func measurer(memoryLimit: Double = 64e6) throws -> InProcessMeasurer {
    // A small last-level cache keeps the cold arena small.
    let topology = try HostTopology.discover(
      synthetic: "l2:1(size=65536) core:1 pu:1", files: HostFiles(root: "/none"), environment: [:])
    return try InProcessMeasurer(topology: topology, threads: 1, memoryLimit: memoryLimit)
  }

  @Test func shapesOfAllKindsAreMeasuredAndChecked() throws {
    let measurer = try Self.measurer()
    defer { measurer.close() }
    var sequence = ShapeSequence(m: 1...300, k: 1...300, n: 1...300, seed: 5)
    for index in 0..<12 {
      guard let shape = sequence.next() else { continue }
      let item = WorkItem(shape, threads: 1, cache: index.isMultiple(of: 2) ? .hot : .cold)
      let result = try measurer.measure(MeasurementRequest(item, stopping: Self.quick, timeLimit: 0.01))
      #expect(!result.samples.isEmpty && result.samples.allSatisfy { $0 > 0 && $0.isFinite })
      #expect(result.callsPerSample >= 1)
    }
  }

  @Test func batchesCopiesAndSumsAreMeasuredAndChecked() throws {
    let measurer = try Self.measurer()
    defer { measurer.close() }
    let batched = WorkItem(try GEMMShape(m: 7, k: 19, n: 31, batch: 5), threads: 1)
    let vector = try GEMMShape(m: 1001, k: 1, n: 1)
    for cache in TimingRow.CacheState.allCases {
      let items = [
        batched, WorkItem(vector, routine: .copy, threads: 1, cache: cache),
        WorkItem(vector, routine: .axpy, threads: 1, cache: cache),
      ]
      for item in items {
        let result = try measurer.measure(MeasurementRequest(item, stopping: Self.quick, timeLimit: 0.01))
        #expect(!result.samples.isEmpty)
      }
    }
  }

  @Test func aWrongResultIsNoticed() throws {
    let arena = OperandArena(limit: 1e6, coldBytes: 0, seed: 1)
    let item = WorkItem(try GEMMShape(m: 9, k: 17, n: 5), threads: 1)
    var calls = try CallRunner(item: item, arena: arena)
    var seed: UInt64 = 1
    _ = calls.time(1)
    try calls.checkResult(seed: &seed)
    // The last element of C is always among those that are checked.
    let last = try arena.prepare(item).cStart + 9 * 5 - 1
    arena.output?[last] += 0.01
    #expect(throws: CalibrationError.self) { try calls.checkResult(seed: &seed) }
    arena.output?[last] = .nan
    #expect(throws: CalibrationError.self) { try calls.checkResult(seed: &seed) }
  }

  @Test func tooMuchMemoryIsOneError() throws {
    let measurer = try Self.measurer(memoryLimit: 1e6)
    defer { measurer.close() }
    let shapes = [
      try GEMMShape(m: 1000, k: 1000, n: 1000),
      try GEMMShape(m: 1 << 40, k: 1 << 40, n: 1 << 40, batch: 1 << 40),
      // Tiny problems, but a cache line each.
      try GEMMShape(m: 1, k: 1, n: 1, batch: 50_000),
    ]
    for shape in shapes {
      #expect {
        try measurer.measure(MeasurementRequest(WorkItem(shape, threads: 1), timeLimit: 0.01))
      } throws: {
        if case CalibrationError.overMemory(shape, _, 1e6) = $0 { true } else { false }
      }
    }
  }

  @Test func anotherNumberOfThreadsIsRefused() throws {
    let measurer = try Self.measurer()
    defer { measurer.close() }
    let item = WorkItem(try GEMMShape(m: 2, k: 2, n: 2), threads: 2)
    #expect(throws: CalibrationError.tooManyThreads(asked: 2, available: 1)) {
      try measurer.measure(MeasurementRequest(item, timeLimit: 0.01))
    }
  }

  @Test func tenLinesCalibrateInThisProcess() throws {
    let topology = try HostTopology.discover()
    let shapes = try [(8, 9, 10), (64, 32, 16)].map { try GEMMShape(m: $0.0, k: $0.1, n: $0.2) }
    let plan = try MeasurementPlan.shapes(
      shapes.map { ShapeList.Item(shape: $0) }, preset: .quick, topology: topology, threads: [1], budget: 5,
      memoryLimit: 1e8)
    let table = try Calibrator(plan: plan, topology: topology).run()
    #expect(Set(table.rows.map(\.shape)) == Set(shapes))
    #expect(table.rows.allSatisfy { $0.other["passes"] == "4" && ($0.samples ?? 0) >= 1 && $0.threads == 1 })
  }
}
