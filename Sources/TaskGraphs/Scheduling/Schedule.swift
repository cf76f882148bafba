/// When each task runs if every resource serves one task at a time: a list schedule.
///
/// Tasks without a resource begin as soon as all that they wait for has ended. A resource that is free takes, of the
/// tasks that are ready for it, the one of lowest priority value (the smallest id among equals), runs it to its end,
/// and is never idle while a task is ready for it. At any instant first all that ends then ends, then free resources
/// choose. After Graham, *Bounds on multiprocessing timing anomalies*, SIAM J. Appl. Math. 17(2), 1969.
///
/// Always `makespan ≥ CriticalPath(graph).length` and `makespan ≥ busy[r]` for every resource r, to the last bit.
public struct Schedule: Sendable {
  /// What a task's begin waited for to the last.
  public enum Blocker: Hashable, Sendable {
    /// Nothing: it began at 0 and waits for no task.
    case nothing
    /// It began the moment this task, on which it depends, ended (the smallest id among several).
    case dependency(Int)
    /// It was ready before, and began the moment this task gave the resource free.
    case resource(Int)

    /// The task that had to end, if any.
    public var task: Int? {
      switch self {
      case .nothing: nil
      case .dependency(let task), .resource(let task): task
      }
    }
  }

  /// The second at which each task begins, by id.
  public let start: [Double]
  /// The second at which each task ends, by id.
  public let finish: [Double]
  /// The second at which the last task ends; 0 for a graph without tasks.
  public let makespan: Double
  /// Seconds that each resource works, by resource.
  public let busy: [Double]

  /// The chain of tasks that determines the makespan, from 0 to its end without a gap: each begins the moment the one
  /// before it ends, because it depends on it or because it needs its resource.
  ///
  /// The durations of the chain therefore add up to the makespan, and say what it is made of. The last task is the
  /// smallest id among those that end at the makespan and that nothing waits for; the others follow from
  /// ``blocker(of:)``.
  public let chain: [Int]

  /// By task: the task that `Blocker` names, or −1.
  private let blockingTask: [Int32]
  /// By task: whether the blocking task held the resource.
  private let blockedByResource: [Bool]

  /// Seconds that each resource stands idle between 0 and the makespan, by resource: the bubble.
  ///
  /// O(resources).
  public var idle: [Double] { busy.map { makespan - $0 } }

  /// What the begin of a task waited for to the last.
  ///
  /// O(1).
  ///
  /// Where a dependency and the resource came free at the same instant, the dependency is named.
  public func blocker(of task: Int) -> Blocker {
    let blocking = Int(blockingTask[task])
    if blocking < 0 { return .nothing }
    return blockedByResource[task] ? .resource(blocking) : .dependency(blocking)
  }

  /// Schedules with the ids as priorities: of the tasks ready for a resource the smallest id goes first.
  ///
  /// O((V + E) log V).
  public init(_ graph: TaskGraph) {
    self.init(graph, ListScheduler.run(graph, priority: nil))
  }

  /// Schedules with a priority for each task, by id: the lowest value goes first, the smallest id among equals.
  ///
  /// O((V + E) log V).
  ///
  /// - Throws: ``GraphError/countMismatch(expected:given:)``.
  public init(_ graph: TaskGraph, priority: [Int32]) throws(GraphError) {
    guard priority.count == graph.taskCount else {
      throw .countMismatch(expected: graph.taskCount, given: priority.count)
    }
    self.init(graph, ListScheduler.run(graph, priority: priority))
  }

  /// Schedules with a priority for each task, by id: the lowest value goes first, the smallest id among equals.
  ///
  /// ``CriticalPath/latestStart`` puts the most urgent task first; in a pipeline of equal micro-batches it runs them
  /// side by side and starves the later stages, where the ids serve better. O((V + E) log V).
  ///
  /// - Throws: ``GraphError/countMismatch(expected:given:)``, ``GraphError/invalidPriority(task:_:)`` for a NaN.
  public init(_ graph: TaskGraph, priority: [Double]) throws(GraphError) {
    guard priority.count == graph.taskCount else {
      throw .countMismatch(expected: graph.taskCount, given: priority.count)
    }
    if let task = priority.firstIndex(where: \.isNaN) { throw .invalidPriority(task: task, priority[task]) }
    self.init(graph, ListScheduler.run(graph, priority: ListScheduler.ranks(priority)))
  }

  private init(_ graph: TaskGraph, _ run: ListScheduler.Outcome) {
    start = run.start
    finish = run.finish
    busy = run.busy
    blockingTask = run.blockingTask
    blockedByResource = run.blockedByResource
    let makespan = run.finish.reduce(0, max)
    self.makespan = makespan
    var chain: [Int] = []
    var current = (0..<graph.taskCount).first {
      run.finish[$0] == makespan && graph.successorRows[$0].isEmpty
    }
    while let task = current {
      chain.append(task)
      current = run.blockingTask[task] < 0 ? nil : Int(run.blockingTask[task])
    }
    self.chain = chain.reversed()
  }
}
