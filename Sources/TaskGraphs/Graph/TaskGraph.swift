/// A directed acyclic graph of tasks with durations: which task waits for which, how long each takes, and on which
/// resource it runs.
///
/// The graph knows nothing of what the tasks are: callers name them by id, 0 ..< ``taskCount`` in the order in which
/// they were added. It is immutable and acyclic by construction; ``Builder`` makes one, ``withDurations(_:)`` costs
/// the same structure anew.
///
/// Stored in compressed sparse rows with 32-bit indices: 16 bytes a task for duration, resource and order, 8 bytes a
/// task and 8 bytes a dependency for the two directions of the structure.
public struct TaskGraph: Sendable {
  /// Seconds that each task takes, by id: finite and not negative.
  public let durations: [Double]
  /// One more than the largest resource; 0 when no task has one.
  public let resourceCount: Int

  /// Resource by task, `noResource` where it has none.
  let resources: [Int32]
  let predecessorRows: AdjacencyRows
  let successorRows: AdjacencyRows
  /// Every task after all that it waits for.
  let order: [Int32]

  static let noResource: Int32 = -1

  /// How many different resources a graph may have: 2²⁴.
  ///
  /// Schedules keep a queue for each resource up to the largest, so resources are numbered densely from 0.
  public static let maximumResourceCount = 1 << 24

  /// How many tasks there are; their ids are 0 ..< `taskCount`.
  public var taskCount: Int { durations.count }

  /// How many different pairs of tasks wait for each other; a dependency that was added twice counts once.
  public var dependencyCount: Int { successorRows.targets.count }

  /// The resource of a task; nil when it needs none.
  ///
  /// O(1).
  public func resource(of task: Int) -> Int? {
    let resource = resources[task]
    return resource == Self.noResource ? nil : Int(resource)
  }

  /// The tasks that `task` waits for, by rising id.
  ///
  /// O(1).
  public func predecessors(of task: Int) -> TaskList { TaskList(ids: predecessorRows[task]) }

  /// The tasks that wait for `task`, by rising id.
  ///
  /// O(1).
  public func successors(of task: Int) -> TaskList { TaskList(ids: successorRows[task]) }

  /// All tasks, each after those that it waits for.
  ///
  /// Where every dependency has a smaller id than the task that waits for it, the order is that of the ids; else it
  /// is the order of Kahn, *Topological sorting of large networks*, CACM 5(11), 1962, with a first-in-first-out
  /// queue.
  public var topologicalOrder: TaskList { TaskList(ids: order[...]) }

  /// The same tasks and dependencies with other durations, by id in seconds: what-ifs without a rebuild.
  ///
  /// O(V).
  ///
  /// - Throws: ``GraphError/countMismatch(expected:given:)``, ``GraphError/invalidDuration(task:_:)``,
  ///   ``GraphError/totalDurationOverflows``.
  public func withDurations(_ durations: [Double]) throws(GraphError) -> TaskGraph {
    guard durations.count == taskCount else {
      throw .countMismatch(expected: taskCount, given: durations.count)
    }
    try Self.check(durations)
    return TaskGraph(
      durations: durations, resources: resources, resourceCount: resourceCount, predecessorRows: predecessorRows,
      successorRows: successorRows, order: order)
  }

  /// Only for callers that have checked durations and structure.
  init(
    durations: [Double], resources: [Int32], resourceCount: Int, predecessorRows: AdjacencyRows,
    successorRows: AdjacencyRows, order: [Int32]
  ) {
    self.durations = durations
    self.resources = resources
    self.resourceCount = resourceCount
    self.predecessorRows = predecessorRows
    self.successorRows = successorRows
    self.order = order
  }

  /// Refuses durations that no time can have, and those whose sum overflows: every time in a schedule or along a
  /// path is at most that sum.
  static func check(_ durations: [Double]) throws(GraphError) {
    var total = 0.0
    for (task, duration) in durations.enumerated() {
      guard duration >= 0, duration.isFinite else { throw .invalidDuration(task: task, duration) }
      total += duration
    }
    guard total.isFinite else { throw .totalDurationOverflows }
  }
}

/// Task ids in a fixed order: a view into a graph, without a copy.
public struct TaskList: RandomAccessCollection, Sendable {
  let ids: ArraySlice<Int32>

  /// 0.
  public var startIndex: Int { 0 }
  /// The number of tasks in the list.
  public var endIndex: Int { ids.count }

  /// The id at `position`, counted from 0.
  public subscript(position: Int) -> Int { Int(ids[ids.startIndex + position]) }
}
