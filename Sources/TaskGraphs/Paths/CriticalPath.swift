/// The longest path through a graph's dependencies, and how much later than necessary each task could begin.
///
/// Resources play no part: every task begins as soon as all that it waits for has ended. The critical path method of
/// Kelley and Walker, *Critical-path planning and scheduling*, 1959.
///
/// Times are sums of durations from the front, so a path's length is the sum that adding its durations in order
/// gives, and "equal" means equal to the last bit.
public struct CriticalPath: Sendable {
  /// Seconds from the begin of the first task to the end of the last; 0 for a graph without tasks.
  public let length: Double

  /// The tasks of a longest path in order, from one that waits for nothing to one that nothing waits for.
  ///
  /// Of several longest paths it is the one whose first differing task has the smallest id: the path begins at the
  /// smallest possible id, and each step goes to the smallest id from which the longest length is still reached.
  /// Tasks that take no time are part of it.
  public let tasks: [Int]

  /// The earliest second at which each task can begin, by id: when the last of those it waits for has ended.
  public let earliestStart: [Double]

  /// The latest second at which each task can begin, by id, without making the whole longer.
  public let latestStart: [Double]

  /// Whether each task lies on some longest path, by id.
  public let isCritical: [Bool]

  /// Seconds by which a task can begin later without making the whole longer: 0 exactly for critical tasks.
  public func slack(of task: Int) -> Double { latestStart[task] - earliestStart[task] }

  /// The slack of every task in seconds, by id.
  ///
  /// O(V).
  public var slack: [Double] { zip(latestStart, earliestStart).map { $0 - $1 } }

  /// Solves a graph.
  ///
  /// O(V + E), without recursion.
  public init(_ graph: TaskGraph) {
    let forward = ForwardPass(graph)
    let backward = BackwardPass(graph, after: forward)
    length = forward.length
    earliestStart = forward.start
    latestStart = backward.latestStart
    isCritical = backward.isCritical
    tasks = Self.walk(graph, start: forward.start, isCritical: backward.isCritical)
  }

  /// The length of the longest path alone, in seconds: for what-ifs by the thousand.
  ///
  /// O(V + E).
  public static func length(of graph: TaskGraph) -> Double { ForwardPass(graph).length }

  /// From the smallest critical source always on to the smallest critical successor that begins when the task ends.
  private static func walk(_ graph: TaskGraph, start: [Double], isCritical: [Bool]) -> [Int] {
    var path: [Int] = []
    var current = (0..<graph.taskCount).first { isCritical[$0] && graph.predecessorRows[$0].isEmpty }
    while let task = current {
      path.append(task)
      let finish = start[task] + graph.durations[task]
      current = graph.successorRows[task].first { isCritical[Int($0)] && start[Int($0)] == finish }.map(Int.init)
    }
    return path
  }
}
