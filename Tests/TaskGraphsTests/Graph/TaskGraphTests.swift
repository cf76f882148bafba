import TaskGraphs
import Testing

@Suite struct TaskGraphTests {
  @Test(arguments: 0..<200)
  func structureIsThatOfTheAddedPairs(seed: UInt64) throws {
    let plain = RandomGraph(seed: seed)
    let graph = try plain.graph()
    #expect(graph.taskCount == plain.taskCount)
    #expect(graph.durations == plain.durations)
    #expect(graph.resourceCount == (plain.resources.compactMap(\.self).max() ?? -1) + 1)
    var dependencies = 0
    for task in 0..<plain.taskCount {
      #expect(Array(graph.predecessors(of: task)) == plain.predecessors(of: task))
      #expect(Array(graph.successors(of: task)) == plain.successors(of: task))
      #expect(graph.resource(of: task) == plain.resources[task])
      dependencies += plain.predecessors(of: task).count
    }
    #expect(graph.dependencyCount == dependencies)
  }

  @Test(arguments: 0..<200)
  func topologicalOrderHoldsEveryTaskAfterItsPredecessors(seed: UInt64) throws {
    let plain = RandomGraph(seed: seed, tasks: 1...40)
    let order = Array(try plain.graph().topologicalOrder)
    #expect(order.sorted() == Array(0..<plain.taskCount))
    var position = [Int](repeating: 0, count: order.count)
    for (index, task) in order.enumerated() { position[task] = index }
    #expect(plain.edges.allSatisfy { position[$0.predecessor] < position[$0.task] })
    if plain.edges.allSatisfy({ $0.predecessor < $0.task }) { #expect(order == Array(0..<plain.taskCount)) }
  }

  @Test(arguments: 0..<50)
  func otherDurationsGiveWhatARebuildGives(seed: UInt64) throws {
    var plain = RandomGraph(seed: seed, tasks: 1...30)
    let before = try plain.graph()
    plain.durations = plain.durations.map { $0 * 1.5 + 1 }
    let recosted = try before.withDurations(plain.durations)
    let rebuilt = try plain.graph()
    #expect(recosted.durations == rebuilt.durations)
    #expect(CriticalPath(recosted).tasks == CriticalPath(rebuilt).tasks)
    #expect(Schedule(recosted).start == Schedule(rebuilt).start)
    #expect(before.durations != recosted.durations)
  }

  @Test func otherDurationsAreChecked() throws {
    var builder = TaskGraph.Builder()
    for _ in 0..<3 { builder.addTask(duration: 1) }
    let graph = try builder.build()
    #expect(throws: GraphError.countMismatch(expected: 3, given: 2)) { try graph.withDurations([1, 1]) }
    #expect(throws: GraphError.invalidDuration(task: 1, -1)) { try graph.withDurations([1, -1, 1]) }
    #expect(throws: GraphError.totalDurationOverflows) {
      try graph.withDurations([.greatestFiniteMagnitude, .greatestFiniteMagnitude, 0])
    }
  }

  @Test func listsAreRandomAccessCollections() throws {
    var builder = TaskGraph.Builder()
    for _ in 0..<4 { builder.addTask(duration: 1) }
    builder.addDependencies(of: 3, on: [2, 0, 1, 0])
    let graph = try builder.build()
    let list = graph.predecessors(of: 3)
    #expect(list.count == 3)
    #expect(list[1] == 1)
    #expect(list.reversed() == [2, 1, 0])
    #expect(graph.successors(of: 3).isEmpty)
  }
}
