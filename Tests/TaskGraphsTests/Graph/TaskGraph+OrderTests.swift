import TaskGraphs
import Testing

@Suite struct TaskGraphOrderTests {
  private func graph(_ taskCount: Int, _ edges: [(Int, Int)]) throws -> TaskGraph {
    var builder = TaskGraph.Builder()
    for _ in 0..<taskCount { builder.addTask(duration: 1) }
    for (task, predecessor) in edges { builder.addDependency(of: task, on: predecessor) }
    return try builder.build()
  }

  @Test func aCycleIsNamedFromItsSmallestTaskInOrder() {
    // 4 → 2 → 7 → 4, with a tail into it (0 → 4) and out of it (7 → 1).
    let edges = [(2, 4), (7, 2), (4, 7), (4, 0), (1, 7)]
    #expect(throws: GraphError.cycle(through: [2, 7, 4])) { try graph(8, edges) }
  }

  @Test func aTaskThatWaitsForItselfIsACycleOfOne() {
    #expect(throws: GraphError.cycle(through: [1])) { try graph(3, [(1, 0), (1, 1), (2, 1)]) }
  }

  @Test func twoTasksThatWaitForEachOtherAreACycleOfTwo() {
    #expect(throws: GraphError.cycle(through: [0, 1])) { try graph(2, [(0, 1), (1, 0)]) }
  }

  /// Random graphs with one dependency turned backwards: whatever is named must be a cycle of added pairs.
  @Test(arguments: 0..<200)
  func whatIsNamedIsACycle(seed: UInt64) throws {
    let plain = RandomGraph(seed: seed, tasks: 5...30)
    guard let path = plain.allPaths(limit: 50).first(where: { $0.count > 1 }) else { return }
    var builder = plain.builder()
    builder.addDependency(of: path[0], on: path[path.count - 1])
    var edges = Set(plain.edges.map { [$0.predecessor, $0.task] })
    edges.insert([path[path.count - 1], path[0]])
    do {
      _ = try builder.build()
      Issue.record("a cycle went unseen")
    } catch {
      guard case .cycle(let tasks) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(Set(tasks).count == tasks.count)
      #expect(tasks.first == tasks.min())
      for (task, next) in zip(tasks, tasks.dropFirst() + tasks.prefix(1)) { #expect(edges.contains([task, next])) }
    }
  }

  @Test func aCycleOfAHundredThousandNeedsNoRecursion() {
    let count = 100_000
    let edges = (0..<count).map { (($0 + 1) % count, $0) }
    #expect(throws: GraphError.cycle(through: Array(0..<count))) { try graph(count, edges) }
  }
}
