import SeededRandom
import TaskGraphs
import Testing

@Suite struct ScheduleTests {
  @Test(arguments: 0..<300)
  func isValidAndNeverIdleWithoutNeed(seed: UInt64) throws {
    let plain = RandomGraph(seed: seed, tasks: 1...40)
    let graph = try plain.graph()
    let schedule = Schedule(graph)
    for task in 0..<plain.taskCount {
      #expect(schedule.finish[task] == schedule.start[task] + plain.durations[task])
      let ready = plain.predecessors(of: task).map { schedule.finish[$0] }.max() ?? 0
      #expect(schedule.start[task] >= ready)
      guard let resource = plain.resources[task] else {
        #expect(schedule.start[task] == ready)
        continue
      }
      let others = (0..<plain.taskCount).filter { $0 != task && plain.resources[$0] == resource }
      for other in others {
        let apart =
          schedule.finish[other] <= schedule.start[task] || schedule.finish[task] <= schedule.start[other]
        #expect(apart, "tasks \(task) and \(other) overlap on resource \(resource)")
      }
      // From ready to begin the resource works without a pause.
      let between = others.filter { schedule.start[$0] < schedule.start[task] && schedule.finish[$0] > ready }
      let worked = between.reduce(0) {
        $0 + min(schedule.finish[$1], schedule.start[task]) - max(schedule.start[$1], ready)
      }
      #expect(worked == schedule.start[task] - ready)
    }
    #expect(schedule.makespan == schedule.finish.max())
    for resource in 0..<graph.resourceCount {
      let work = (0..<plain.taskCount).filter { plain.resources[$0] == resource }.reduce(0) { $0 + plain.durations[$1] }
      #expect(schedule.busy[resource] == work)
      #expect(schedule.idle[resource] == schedule.makespan - work)
    }
  }

  @Test(arguments: 0..<300)
  func liesBetweenItsBounds(seed: UInt64) throws {
    var plain = RandomGraph(seed: seed, tasks: 1...60)
    var random = SplitMix64(seed: seed &+ 99)
    // Durations that round: the bounds hold to the last bit all the same.
    plain.durations = plain.durations.map { $0 * Double.random(in: 1e-5...1, using: &random) }
    let graph = try plain.graph()
    let schedule = Schedule(graph)
    let path = CriticalPath(graph)
    #expect(schedule.makespan >= path.length)
    #expect(schedule.busy.allSatisfy { $0 <= schedule.makespan })
    #expect(schedule.makespan <= (path.length + schedule.busy.reduce(0, +)) * (1 + 1e-12))
    for task in 0..<plain.taskCount { #expect(schedule.start[task] >= path.earliestStart[task]) }
  }

  @Test(arguments: 0..<200)
  func withoutResourcesItIsTheCriticalPath(seed: UInt64) throws {
    var plain = RandomGraph(seed: seed, tasks: 1...40)
    plain.resources = plain.resources.map { _ in nil }
    let graph = try plain.graph()
    let (schedule, path) = (Schedule(graph), CriticalPath(graph))
    #expect(schedule.start == path.earliestStart)
    #expect(schedule.makespan == path.length)
    #expect(schedule.chain.allSatisfy { path.isCritical[$0] })
  }

  @Test(arguments: 0..<300)
  func theChainAddsUpToTheMakespanWithoutAGap(seed: UInt64) throws {
    let plain = RandomGraph(seed: seed, tasks: 1...40)
    let schedule = Schedule(try plain.graph())
    let chain = schedule.chain
    #expect(chain.first.map { schedule.start[$0] } == 0)
    #expect(chain.last.map { schedule.finish[$0] } == schedule.makespan)
    #expect(chain.last.map { plain.successors(of: $0).isEmpty } == true)
    #expect(chain.reduce(0) { $0 + plain.durations[$1] } == schedule.makespan)
    #expect(chain.first.map { schedule.blocker(of: $0) } == .nothing)
    for (task, next) in zip(chain, chain.dropFirst()) {
      #expect(schedule.finish[task] == schedule.start[next])
      #expect(schedule.blocker(of: next).task == task)
    }
  }

  @Test(arguments: 0..<300)
  func everyBlockerIsTheReasonForTheBegin(seed: UInt64) throws {
    let plain = RandomGraph(seed: seed, tasks: 1...40)
    let schedule = Schedule(try plain.graph())
    for task in 0..<plain.taskCount {
      let predecessors = plain.predecessors(of: task)
      let ready = predecessors.map { schedule.finish[$0] }.max() ?? 0
      switch schedule.blocker(of: task) {
      case .nothing:
        #expect(predecessors.isEmpty)
        #expect(schedule.start[task] == 0)
      case .dependency(let other):
        #expect(schedule.start[task] == ready)
        #expect(other == predecessors.first { schedule.finish[$0] == ready })
      case .resource(let other):
        #expect(schedule.start[task] > ready)
        #expect(plain.resources[other] != nil && plain.resources[other] == plain.resources[task])
        #expect(schedule.finish[other] == schedule.start[task])
      }
    }
  }

  @Test func theSameGraphGivesTheSameSchedule() throws {
    for seed in 0..<20 {
      let plain = RandomGraph(seed: UInt64(seed), tasks: 50...80)
      var reordered = plain
      reordered.edges.reverse()
      let (first, second) = (Schedule(try plain.graph()), Schedule(try reordered.graph()))
      #expect(first.start == second.start)
      #expect(first.chain == second.chain)
    }
  }

  @Test func prioritiesAreChecked() throws {
    var builder = TaskGraph.Builder()
    for _ in 0..<2 { builder.addTask(duration: 1, resource: 0) }
    let graph = try builder.build()
    #expect(throws: GraphError.countMismatch(expected: 2, given: 1)) { try Schedule(graph, priority: [Int32(1)]) }
    #expect(throws: GraphError.countMismatch(expected: 2, given: 3)) { try Schedule(graph, priority: [1.0, 2, 3]) }
    do {
      _ = try Schedule(graph, priority: [0, Double.nan])
      Issue.record("a NaN was taken as a priority")
    } catch {
      guard case .invalidPriority(1, _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }
}
