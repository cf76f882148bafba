import Foundation
import GEMMTiming
import Synchronization
import Testing

@testable import HostCalibration

@Suite struct CalibratorTests {
  private let topology: HostTopology
  private let plan: MeasurementPlan

  init() throws {
    topology = try HostTopology.discover(
      synthetic: "l2:1(size=65536) core:2 pu:1", files: HostFiles(root: "/none"), environment: [:])
    var plan = try MeasurementPlan.preset(
      .quick, topology: topology, threads: [1, 2], budget: 12, memoryLimit: 1e9, seed: 4)
    // However slow the machine that runs the tests, no run here is out of time.
    plan.budget = 1e9
    self.plan = plan
  }

  /// How many measurements an undisturbed run makes.
  private var visits: Int { plan.items.reduce(0) { $0 + plan.visits($1) } }

  private func run(
    continuing earlier: TimingTable? = nil, store: TableFile? = nil, kernel: String = "Simulated",
    adaptive: AdaptiveChoice? = nil,
    stop: StopFlag = StopFlag(), progress: (CalibrationProgress) -> Void = { _ in },
    prepare: @escaping (SimulatedMeasurer) -> Void = { _ in }
  ) throws -> TimingTable {
    var source = MeasurerSource { threads, _ throws(CalibrationError) in
      let measurer = SimulatedMeasurer(threads: threads, kernel: kernel)
      prepare(measurer)
      return (measurer, [])
    }
    return try Calibrator(plan: plan, topology: topology).run(
      from: &source, continuing: earlier, adaptive: adaptive, store: store, stop: stop, progress: progress)
  }

  @Test func everyItemGetsItsRow() throws {
    let table = try run()
    #expect(Set(table.rows.compactMap(WorkItem.init)) == Set(plan.items))
    #expect(table.rows.count == plan.items.count)
    for row in table.rows {
      let item = try #require(WorkItem(row))
      #expect(abs(row.seconds / SimulatedMeasurer.seconds(item) - 1) < 1e-9)
      #expect(row.samples == plan.visits(item) * plan.stopping.minimumSamples)
      #expect(row.other["passes"] == String(plan.visits(item)))
      #expect(row.other["kernel"] == "Simulated" && row.other["library"] == "OpenBLAS 9.9 pthread")
      #expect(row.other["pinned"] == (item.threads == 1 ? "0" : "0 1"))
      #expect(row.other["canary_ratio"] == "1.0000")
      #expect(row.device == topology.deviceName)
    }
  }

  @Test func aSlowFirstPassLeavesEveryNumberOfThreadsItsShare() throws {
    var source = MeasurerSource { threads, _ throws(CalibrationError) in
      let measurer = SimulatedMeasurer(threads: threads)
      measurer.before = { (_: Int) throws(CalibrationError) in usleep(10_000) }
      return (measurer, [])
    }
    var plan = plan
    plan.budget = 0.6
    let table = try Calibrator(plan: plan, topology: topology).run(
      from: &source, continuing: nil, adaptive: nil, store: nil, stop: StopFlag()
    ) { _ in }
    #expect(table.rows.count < plan.items.count / 2)
    #expect(Set(table.rows.compactMap(\.threads)) == [1, 2])
  }

  @Test(arguments: [0, 1, 57, 300])
  func anInterruptedRunEndsWithTheSameShapes(after count: Int) throws {
    let folder = try TemporaryFolder()
    let store = TableFile(path: folder.path + "/table.csv")
    let stop = StopFlag()
    var measured = 0
    let partial = try run(
      store: store, stop: stop,
      prepare: { measurer in
        measurer.before = { (_: Int) throws(CalibrationError) in
          if measured == count {
            stop.raise()
            throw .stopped
          }
          measured += 1
        }
      })
    if count > 0 {
      #expect(try store.read().rows.count == partial.rows.count)
      #expect(partial.rows.count == min(count, plan.items.count) || count > plan.items.count / 2)
    } else {
      #expect(partial.rows.isEmpty)
    }
    var again: [WorkItem] = []
    let earlier = partial.rows.isEmpty ? nil : try store.read()
    var measurers: [SimulatedMeasurer] = []
    let whole = try run(continuing: earlier, store: store, prepare: { measurers.append($0) })
    again = measurers.flatMap(\.requests)
    #expect(Set(whole.rows.compactMap(WorkItem.init)) == Set(plan.items))
    #expect(
      whole.rows.allSatisfy { row in
        WorkItem(row).map { row.other["passes"] == String(plan.visits($0)) } ?? false
      })
    // Nothing is measured more often than in a run that was not interrupted.
    #expect(again.count + measured == visits)
    #expect(try store.read().rows.count == plan.items.count)
  }

  @Test func whatLeadsIsMeasuredInTheFirstThirdAndSpreadOverIt() throws {
    var measurers: [SimulatedMeasurer] = []
    _ = try run(prepare: { measurers.append($0) })
    for measurer in measurers {
      let threads = measurer.setting.pinnedTo.count
      let firstPass = plan.items.count { $0.threads == threads }
      let leading = plan.leading.filter { $0.threads == threads }
      let places = measurer.requests.prefix(firstPass).indices.filter { leading.contains(measurer.requests[$0]) }
      #expect(places.count == leading.count && leading.count > 4)
      let last = try #require(places.last)
      #expect(last < firstPass * 2 / 5 && last > firstPass / 5)
    }
  }

  @Test func everyFinishedItemIsInTheFileBeforeTheNextBegins() throws {
    let folder = try TemporaryFolder()
    let store = TableFile(path: folder.path + "/table.csv")
    var measurers: [SimulatedMeasurer] = []
    var looks = 0
    _ = try run(
      store: store,
      prepare: { measurer in
        measurers.append(measurer)
        // What a process killed here leaves; reading all of it each time would take long.
        measurer.before = { count throws(CalibrationError) in
          let finished = Set(measurers.flatMap(\.requests))
          guard !finished.isEmpty, count < 5 || count.isMultiple(of: 37) else { return }
          looks += 1
          let kept = try store.read().rows.compactMap(WorkItem.init)
          #expect(Set(kept) == finished && kept.count == finished.count)
        }
      })
    #expect(looks > 20)
  }

  @Test func theTableIsValidAfterEveryItem() throws {
    let folder = try TemporaryFolder()
    let store = TableFile(path: folder.path + "/table.csv")
    var events = 0
    _ = try run(store: store) { event in
      guard case .measured(let item, let done, let total, _, _, _) = event else { return }
      events += 1
      #expect(done == events && done <= total)
      // Reading all of it each time would take long.
      if events.isMultiple(of: 40) {
        let table = try? store.read()
        #expect(table?.rows.contains { WorkItem($0) == item } == true)
      }
    }
    #expect(events == visits)
  }

  @Test func anotherHostsTableIsNotContinued() throws {
    let table = try run()
    #expect {
      try run(continuing: table, kernel: "Another")
    } throws: {
      if case CalibrationError.otherCalibration(_, "kernel", "Simulated", "Another") = $0 { true } else { false }
    }
    var otherBuild = table
    for index in otherBuild.rows.indices { otherBuild.rows[index].other["library"] = "OpenBLAS 9.9 openmp" }
    #expect {
      try run(continuing: otherBuild)
    } throws: {
      "\($0)".hasSuffix("run it with OpenBLAS 9.9 openmp, or begin another table with --output")
    }
    // From before rows named their machine: nothing tells that it is this one.
    var older = table
    for index in older.rows.indices { older.rows[index].other["machine"] = nil }
    #expect {
      try run(continuing: older)
    } throws: {
      if case CalibrationError.otherCalibration(_, "machine", "empty", _) = $0 { true } else { false }
    }
    var foreign = table
    foreign.rows[3].device = "elsewhere"
    #expect(throws: CalibrationError.self) { try run(continuing: foreign) }
    var bare = table
    bare.rows[0].samples = nil
    #expect(throws: CalibrationError.self) { try run(continuing: bare) }
  }

  @Test func whatWasMeasuredBesideASlowCanaryIsMeasuredAgain() throws {
    var repeated = 0
    var measurers: [SimulatedMeasurer] = []
    _ = try run(
      progress: { if case .repeated(let count, let slowdown) = $0 { repeated += slowdown > 1.05 ? count : 0 } },
      prepare: { measurer in
        // The group is closed by a canary once real time has passed; without it the last canary of a pass is measured.
        measurer.canarySlowdown = { $0 > 20 && $0 < 400 ? 1.5 : 1 }
        measurers.append(measurer)
      })
    let requests = measurers.reduce(0) { $0 + $1.requests.count }
    #expect(requests == visits + repeated)
  }

  @Test func visitsBesideASlowCanaryDoNotCountWhereOthersDo() throws {
    // A whole first pass and more is slow; with one thread every item is visited again later, those of long calls too.
    let first = plan.items.count { $0.threads == 1 } + 10
    let table = try run(prepare: { measurer in
      measurer.canarySlowdown = { $0 > 0 && $0 < first ? 1.5 : 1 }
      measurer.itemSlowdown = { $0 < first ? 1.4 : 1 }
    })
    let rows = table.rows.filter { $0.threads == 1 }
    #expect(rows.count == plan.items.count { $0.threads == 1 })
    for row in rows {
      let item = try #require(WorkItem(row))
      #expect(abs(row.seconds / SimulatedMeasurer.seconds(item) - 1) < 1e-9)
      #expect(row.other["canary_ratio"] == "1.0000")
      // Every visit stays counted as one, so that a continued run does not repeat it.
      #expect(row.other["passes"] == String(plan.visits(item)))
      #expect((row.samples ?? 0) < plan.visits(item) * plan.stopping.minimumSamples)
    }
  }

  @Test func aVisitToASharedCoreIsMadeAgain() throws {
    // Every fifth visit of the first finds a neighbour on the core.
    var measurers: [SimulatedMeasurer] = []
    let table = try run(prepare: { measurer in
      measurer.sharing = { $0 < 100 && $0.isMultiple(of: 5) ? 1.4 : 1 }
      measurers.append(measurer)
    })
    let requests = measurers.reduce(0) { $0 + $1.requests.count }
    #expect(requests >= visits + 20)
    for row in table.rows {
      let item = try #require(WorkItem(row))
      #expect(abs(row.seconds / SimulatedMeasurer.seconds(item) - 1) < 1e-9)
      #expect(row.other["core_slowdown"] == "1.0000")
      #expect(row.other["passes"] == String(plan.visits(item)))
    }
  }

  @Test func aCoreThatIsAlwaysSharedIsSaidToBe() throws {
    let table = try run(prepare: { $0.sharing = { _ in 1.4 } })
    #expect(table.rows.allSatisfy { $0.other["core_slowdown"] == "1.4000" })
  }

  @Test func aFailureOfTheMeasurerEndsTheRun() throws {
    let shape = try GEMMShape(m: 5, k: 6, n: 7)
    #expect(throws: CalibrationError.outOfMemory(shape, bytes: 8)) {
      try run(prepare: { measurer in
        measurer.before = { (count: Int) throws(CalibrationError) in
          if count == 10 { throw .outOfMemory(shape, bytes: 8) }
        }
      })
    }
  }

  @Test func anAdaptiveRunMeasuresWhatIsChosenAndStopsAtTheTarget() throws {
    let pool = plan.items.filter { $0.routine == .gemm && $0.cache == .hot }
    #expect(plan.candidates.count > pool.count)
    let asked = Mutex<[Int: Int]>([:])
    // Chooses the largest candidates; content after two rounds with one thread, never with two.
    let choice = AdaptiveChoice(startingShare: 0.5, targetError: 0.03) { table, candidates, count in
      let threads = candidates.first?.threads ?? 0
      let round = asked.withLock { rounds in
        rounds[threads, default: 0] += 1
        return rounds[threads, default: 0]
      }
      let largest = candidates.sorted { $0.shape.flops > $1.shape.flops }.prefix(count)
      return .init(items: Array(largest), expectedError: threads == 1 && round == 3 ? 0.02 : 0.5)
    }
    let table = try run(adaptive: choice)
    func measured(_ threads: Int) -> [WorkItem] {
      let items: [WorkItem] = table.rows.compactMap { WorkItem($0) }
      return items.filter { $0.routine == .gemm && $0.cache == .hot && $0.threads == threads }
    }
    let goal = pool.count / 2
    #expect(measured(2).count == goal)
    #expect(measured(1).count < goal && measured(1).count > goal / 2)
    // The starting shapes are the first of the plan; what is chosen is nothing but large.
    let start = Set(pool.filter { $0.threads == 2 }.prefix(goal / 2))
    let chosen = Set(measured(2)).subtracting(start)
    #expect(chosen.allSatisfy { $0.shape.flops > 1e6 })
    #expect(start.isSubset(of: measured(2)))
    // Cold items and bandwidths are measured as ever, and everything as often as planned.
    let others = Set(plan.items).subtracting(pool)
    #expect(others.isSubset(of: table.rows.compactMap(WorkItem.init)))
    #expect(table.rows.allSatisfy { row in WorkItem(row).map { row.other["passes"] == "\(plan.visits($0))" } ?? false })
  }

  @Test func anEmptyPlanIsAnError() throws {
    let empty = MeasurementPlan(items: [], budget: 1, memoryLimit: 1)
    #expect(throws: CalibrationError.self) { try Calibrator(plan: empty, topology: topology).run() }
  }
}
