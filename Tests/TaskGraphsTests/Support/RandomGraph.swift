import SeededRandom
import TaskGraphs

/// A random DAG as plain sets: what the tests compare a `TaskGraph` with.
///
/// Durations are small whole numbers, zero among them, so that sums are exact and ties are frequent. Ids are
/// shuffled against the order of the dependencies.
struct RandomGraph {
  var durations: [Double] = []
  var resources: [Int?] = []
  /// Dependencies in the order of adding, some of them twice.
  var edges: [(task: Int, predecessor: Int)] = []

  var taskCount: Int { durations.count }

  init(seed: UInt64, tasks: ClosedRange<Int> = 1...9, resources resourceCount: Int = 3) {
    var random = SplitMix64(seed: seed)
    let count = Int.random(in: tasks, using: &random)
    let density = Double.random(in: 0.05...0.6, using: &random)
    let ids = seed.isMultiple(of: 3) ? Array(0..<count) : (0..<count).shuffled(using: &random)
    durations = (0..<count).map { _ in Double(Int.random(in: 0...4, using: &random)) }
    resources = (0..<count).map { _ in
      Int.random(in: 0...3, using: &random) == 0 ? nil : Int.random(in: 0..<resourceCount, using: &random)
    }
    for later in 0..<count {
      for earlier in 0..<later where Double.random(in: 0..<1, using: &random) < density {
        edges.append((ids[later], ids[earlier]))
        if Bool.random(using: &random) { edges.append((ids[later], ids[earlier])) }
      }
    }
    edges.shuffle(using: &random)
  }

  func predecessors(of task: Int) -> [Int] { Set(edges.filter { $0.task == task }.map(\.predecessor)).sorted() }
  func successors(of task: Int) -> [Int] { Set(edges.filter { $0.predecessor == task }.map(\.task)).sorted() }

  /// Every path from a task without predecessors to one without successors, or the first `limit` of them.
  func allPaths(limit: Int = .max) -> [[Int]] {
    let next = (0..<taskCount).map(successors(of:))
    var paths: [[Int]] = []
    func extend(_ path: [Int], from task: Int) {
      guard paths.count < limit else { return }
      if next[task].isEmpty { paths.append(path) }
      for successor in next[task] { extend(path + [successor], from: successor) }
    }
    for task in 0..<taskCount where predecessors(of: task).isEmpty { extend([task], from: task) }
    return paths
  }

  func builder() -> TaskGraph.Builder {
    var builder = TaskGraph.Builder()
    // Half of the dependencies come before the tasks that they name.
    for edge in edges.prefix(edges.count / 2) { builder.addDependency(of: edge.task, on: edge.predecessor) }
    for (duration, resource) in zip(durations, resources) { builder.addTask(duration: duration, resource: resource) }
    for edge in edges.dropFirst(edges.count / 2) { builder.addDependency(of: edge.task, on: edge.predecessor) }
    return builder
  }

  func graph() throws -> TaskGraph { try builder().build() }
}
