import SeededRandom
import TaskGraphs
import Testing

/// The event loop against a slow one that does literally what the rule says.
@Suite struct ListSchedulerTests {
  /// Start of each task: at each instant all that ends ends, tasks without resource begin, then free resources choose.
  private func naiveStarts(_ plain: RandomGraph, priority: [Double]) -> [Double] {
    let count = plain.taskCount
    var start = [Double?](repeating: nil, count: count)
    var ended = [Bool](repeating: false, count: count)
    func isReady(_ task: Int) -> Bool {
      start[task] == nil && plain.predecessors(of: task).allSatisfy { ended[$0] }
    }
    func finish(_ task: Int) -> Double? { start[task].map { $0 + plain.durations[task] } }
    var time = 0.0
    while ended.contains(false) {
      var changed = true
      while changed {
        changed = false
        for task in 0..<count where !ended[task] && finish(task) == time { (ended[task], changed) = (true, true) }
        for task in 0..<count where plain.resources[task] == nil && isReady(task) {
          (start[task], changed) = (time, true)
        }
        if changed { continue }
        for resource in Set(plain.resources.compactMap(\.self)) {
          let mine = (0..<count).filter { plain.resources[$0] == resource }
          guard mine.allSatisfy({ start[$0] == nil || ended[$0] }) else { continue }
          if let next = mine.filter(isReady).min(by: { (priority[$0], $0) < (priority[$1], $1) }) {
            (start[next], changed) = (time, true)
          }
        }
      }
      let ends = (0..<count).filter { !ended[$0] }.compactMap(finish)
      guard let next = ends.min() else { break }
      time = next
    }
    return start.map { $0 ?? .nan }
  }

  @Test(arguments: 0..<150)
  func agreesWithTheSlowLoopById(seed: UInt64) throws {
    let plain = RandomGraph(seed: seed, tasks: 1...20)
    let ids = (0..<plain.taskCount).map { Double($0) }
    #expect(Schedule(try plain.graph()).start == naiveStarts(plain, priority: ids))
  }

  @Test(arguments: 0..<150)
  func agreesWithTheSlowLoopByPriority(seed: UInt64) throws {
    let plain = RandomGraph(seed: seed, tasks: 1...20)
    var random = SplitMix64(seed: seed &+ 7)
    let whole = plain.durations.map { _ in Int32.random(in: -3...3, using: &random) }
    let graph = try plain.graph()
    let expected = naiveStarts(plain, priority: whole.map { Double($0) })
    #expect(try Schedule(graph, priority: whole).start == expected)
    // The same order in other numbers, infinities among them.
    let real = whole.map { $0 == 3 ? .infinity : $0 == -3 ? -.infinity : Double($0) * 1e-300 }
    #expect(try Schedule(graph, priority: real).start == expected)
  }

  @Test func extremePrioritiesKeepTheirOrder() throws {
    var builder = TaskGraph.Builder()
    for _ in 0..<4 { builder.addTask(duration: 1, resource: 0) }
    let graph = try builder.build()
    let priority: [Int32] = [.max, 0, -1, .min]
    #expect(try Schedule(graph, priority: priority).start == [3, 2, 1, 0])
  }

  @Test func aTaskWithoutDurationReleasesBeforeResourcesChoose() throws {
    var builder = TaskGraph.Builder()
    let urgent = builder.addTask(duration: 2, resource: 0)
    let other = builder.addTask(duration: 3, resource: 0)
    let signal = builder.addTask(duration: 0)
    builder.addDependency(of: urgent, on: signal)
    let schedule = Schedule(try builder.build())
    #expect(schedule.start[urgent] == 0)
    #expect(schedule.start[other] == 2)
    #expect(schedule.blocker(of: other) == .resource(urgent))
    #expect(schedule.blocker(of: urgent) == .dependency(signal))
  }

  @Test func twoStreamsOverlapAndOneDoesNot() throws {
    // Compute c0 → exchange x0 (own stream), compute c1 independent of x0: 2 + 3 beside 2 + 4.
    for (stream, makespan, idle) in [(1, 6.0, [0.0, 3.0]), (0, 9.0, [0.0])] {
      var builder = TaskGraph.Builder()
      let first = builder.addTask(duration: 2, resource: 0)
      let exchange = builder.addTask(duration: 3, resource: stream)
      builder.addTask(duration: 4, resource: 0)
      builder.addDependency(of: exchange, on: first)
      let schedule = Schedule(try builder.build())
      #expect(schedule.makespan == makespan)
      #expect(schedule.idle == idle)
    }
  }
}
