import GEMMTiming
import Testing

@testable import HostCalibration

@Suite struct MeasurementPlanTests {
  private static func topology() throws -> HostTopology {
    try HostTopology.discover(
      synthetic: "l3:1(size=33554432) l2:4(size=1048576) l1d:1(size=32768) core:1 pu:1",
      files: HostFiles(root: "/none"),
      environment: [:])
  }

  private static func plan(
    _ preset: MeasurementPlan.Preset = .standard, threads: [Int] = [1, 4], budget: Double? = nil,
    memoryLimit: Double? = 8e9, seed: UInt64 = 1
  ) throws -> MeasurementPlan {
    try MeasurementPlan.preset(
      preset, topology: topology(), threads: threads, budget: budget, memoryLimit: memoryLimit, seed: seed)
  }

  @Test func theSameArgumentsGiveTheSamePlan() throws {
    #expect(try Self.plan() == Self.plan())
    #expect(try Self.plan(seed: 2).items != Self.plan(seed: 1).items)
  }

  @Test func oneMinuteAThreadCountMeansHundredsOfShapes() throws {
    let plan = try Self.plan(threads: [1], budget: 60)
    let hot = plan.items.filter { $0.routine == .gemm && $0.cache == .hot }
    #expect(hot.count >= 490)
    #expect(Set(plan.items).count == plan.items.count)
    #expect(hot.count { $0.shape.m <= 16 && $0.shape.n >= 256 && $0.shape.k >= 256 } >= 50)
    #expect(hot.contains { $0.shape.m > 8192 })
    #expect(hot.contains { $0.shape.flops > 5e9 })
    let volumes = hot.map { Double($0.shape.m) * Double($0.shape.k) * Double($0.shape.n) }
    #expect(volumes.count { abs($0 / 262_144 - 1) < 0.12 } >= 10)
    #expect(volumes.count { abs($0 / 1e6 - 1) < 0.12 } >= 10)
    #expect(plan.items.contains { $0.cache == .cold })
  }

  @Test func layersAreMeasuredAsAStepMeetsThem() throws {
    let plan = try Self.plan(threads: [1], budget: 60)
    for layout in [OperandLayout.nn, .nt] {
      let items = plan.items.filter { $0.cache == .sequence && $0.layout == layout }
      #expect(items.count >= 80)
      #expect(items.allSatisfy { $0.shape.m <= 640 && $0.shape.k.isMultiple(of: 64) })
      #expect(items.count { $0.shape.n.isMultiple(of: 64) } > items.count / 2)
      #expect(items.contains { $0.shape.n.isMultiple(of: 1024) })
      #expect(items.contains { $0.shape.n.isMultiple(of: 16) && !$0.shape.n.isMultiple(of: 64) })
      #expect(items.count { $0.shape.m <= 128 } > items.count / 2)
      // Each is measured called again and again as well.
      let hot = Set(plan.items.filter { $0.cache == .hot && $0.layout == .nn }.map(\.shape))
      #expect(items.allSatisfy { hot.contains($0.shape) })
    }
    #expect(plan.items.contains { $0.cache == .hot && $0.layout == .nt })
    #expect(plan.items.contains { $0.cache == .hot && $0.layout == .tn })
  }

  @Test func theSpaceIsFilledEvenly() {
    var sequence = ShapeSequence(m: 1...8192, k: 1...8192, n: 1...8192, seed: 3)
    var counts: [Int: Int] = [:]
    for _ in 0..<4096 {
      guard let shape = sequence.next() else { continue }
      #expect((1...8192).contains(shape.m) && (1...8192).contains(shape.k) && (1...8192).contains(shape.n))
      // Halves of each axis on the logarithmic scale: eight octants.
      let octant = [shape.m, shape.k, shape.n].reduce(0) { $0 * 2 + ($1 > 75 ? 1 : 0) }
      counts[octant, default: 0] += 1
    }
    #expect(counts.count == 8)
    for count in counts.values { #expect(abs(count - 512) < 120) }
  }

  @Test func limitsHold() throws {
    let plan = try Self.plan(.thorough, memoryLimit: 50e6)
    #expect(plan.items.allSatisfy { $0.operandBytes <= 50e6 })
    let quick = try Self.plan(.quick)
    #expect(quick.items.allSatisfy { $0.shape.flops <= ShapeGenerator.flopsCap(seconds: 12.5) })
    #expect(quick.budget <= 30)
  }

  @Test func bandwidthIsMeasuredInEachLevelAndBeyond() throws {
    let plan = try Self.plan(threads: [1])
    for routine in [TimingRow.Routine.copy, .axpy] {
      let bytes = plan.items.filter { $0.routine == routine }.map(\.operandBytes)
      for level in [32768.0, 1_048_576, 33_554_432] {
        #expect(bytes.contains { $0 > 0.2 * level && $0 < 0.7 * level })
      }
      #expect(bytes.contains { $0 > 2 * 33_554_432 })
    }
  }

  @Test func whatLeadsTellsOfMemory() throws {
    let plan = try Self.plan(threads: [1, 4], budget: 120)
    #expect(plan.leading.isSubset(of: plan.items))
    #expect(plan.leading.isSuperset(of: plan.items.filter(\.routine.isStream)))
    for threads in [1, 4] {
      let shapes = plan.leading.filter { $0.routine == .gemm && $0.threads == threads }.map(\.shape)
      // A and C, each in turn, are larger than a last-level cache; within the extents that most plans have.
      #expect(shapes.allSatisfy { (1024...2048).contains($0.m) && $0.k <= 8192 && $0.n <= 8192 })
      #expect(shapes.contains { 4 * $0.m * $0.k > 16_000_000 && $0.n < 1024 })
      #expect(shapes.contains { 4 * $0.m * $0.n > 16_000_000 && $0.k < 1024 })
    }
  }

  @Test func badArgumentsAreErrors() throws {
    #expect(throws: CalibrationError.tooManyThreads(asked: 5, available: 4, because: "this process may use 4 cores")) {
      try Self.plan(threads: [5])
    }
    #expect(throws: CalibrationError.self) { try Self.plan(threads: []) }
    #expect(throws: CalibrationError.self) { try Self.plan(threads: [0]) }
    #expect(throws: CalibrationError.self) { try Self.plan(budget: -1) }
    #expect(throws: CalibrationError.self) { try Self.plan(budget: .nan) }
    #expect(throws: CalibrationError.self) { try Self.plan(memoryLimit: 0) }
    let huge = try GEMMShape(m: 1 << 40, k: 1 << 40, n: 1 << 40, batch: 1 << 40)
    #expect(throws: CalibrationError.self) {
      try MeasurementPlan.shapes(
        [ShapeList.Item(shape: huge)], preset: .quick, topology: Self.topology(), threads: [1], memoryLimit: 1e9)
    }
  }

  @Test func shapesOfTheUserAreMeasuredOnceAThreadCount() throws {
    let shapes = [try GEMMShape(m: 3, k: 4, n: 5), try GEMMShape(m: 3, k: 4, n: 5), try GEMMShape(m: 5, k: 4, n: 3)]
    let plan = try MeasurementPlan.shapes(
      shapes.map { ShapeList.Item(shape: $0) }, preset: .quick, topology: Self.topology(), threads: [1, 2],
      memoryLimit: 1e9)
    #expect(plan.items.count == 4)
    #expect(plan.threadCounts == [1, 2])
  }
}
