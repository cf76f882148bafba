extension TaskGraph {
  /// Gathers tasks and dependencies in any order and makes a graph of them.
  ///
  /// A dependency may name a task that is added later. Nothing is checked before ``build()``, which reports the first
  /// thing that is wrong.
  public struct Builder: Sendable {
    private var durations: [Double] = []
    private var resources: [Int32] = []
    private var earlier: [Int32] = []
    private var later: [Int32] = []
    private var resourceCount = 0
    /// The first id or resource that 32 bits cannot hold: the arrays have no room for it.
    private var misfit: Misfit?

    private enum Misfit {
      case task(Int)
      case resource(task: Int, Int)
    }

    /// How much room a hint may reserve ahead; more is found while adding.
    private static let largestReservation = 1 << 24

    /// A builder without tasks, with room for as many as are expected.
    public init(reservingTasks tasks: Int = 0, dependencies: Int = 0) {
      reserve(tasks: tasks, dependencies: dependencies)
    }

    /// How many tasks have been added: the id that the next one gets.
    public var taskCount: Int { durations.count }

    /// Makes room for this many tasks and dependencies in all; a hint that saves time, and never a limit.
    public mutating func reserve(tasks: Int, dependencies: Int) {
      let tasks = min(max(tasks, 0), Self.largestReservation)
      let dependencies = min(max(dependencies, 0), Self.largestReservation)
      durations.reserveCapacity(tasks)
      resources.reserveCapacity(tasks)
      earlier.reserveCapacity(dependencies)
      later.reserveCapacity(dependencies)
    }

    /// Adds a task.
    ///
    /// Amortised O(1).
    ///
    /// - Parameters:
    ///   - duration: seconds, finite and not negative.
    ///   - resource: the number, from 0, of what it occupies alone while it runs; nil when it needs nothing.
    /// - Returns: the task's id: 0, 1, 2, …
    @discardableResult
    public mutating func addTask(duration: Double, resource: Int? = nil) -> Int {
      let id = durations.count
      durations.append(duration)
      if let resource {
        if resource >= 0, resource < TaskGraph.maximumResourceCount {
          resourceCount = max(resourceCount, resource + 1)
          resources.append(Int32(truncatingIfNeeded: resource))
        } else {
          if misfit == nil { misfit = .resource(task: id, resource) }
          resources.append(TaskGraph.noResource)
        }
      } else {
        resources.append(TaskGraph.noResource)
      }
      return id
    }

    /// Lets `task` begin only when `predecessor` has ended.
    ///
    /// Amortised O(1).
    ///
    /// Either may be added later. Adding the same dependency again changes nothing.
    public mutating func addDependency(of task: Int, on predecessor: Int) {
      guard let later = Int32(exactly: task), let earlier = Int32(exactly: predecessor) else {
        if misfit == nil { misfit = .task(Int32(exactly: task) == nil ? task : predecessor) }
        return
      }
      self.later.append(later)
      self.earlier.append(earlier)
    }

    /// Lets `task` begin only when all of `predecessors` have ended.
    public mutating func addDependencies(of task: Int, on predecessors: some Sequence<Int>) {
      for predecessor in predecessors { addDependency(of: task, on: predecessor) }
    }

    /// Checks what was added and lays it out.
    ///
    /// O(V + E); the builder stays as it is.
    ///
    /// - Throws: ``GraphError`` for a duration that is negative or not finite, a resource or a task that does not
    ///   exist, a cycle (named by its tasks), or more than 2³¹ − 1 tasks or dependencies.
    public func build() throws(GraphError) -> TaskGraph {
      let taskCount = durations.count
      guard taskCount < Int(Int32.max), earlier.count < Int(Int32.max) else {
        throw .tooLarge(tasks: taskCount, dependencies: earlier.count)
      }
      switch misfit {
      case .task(let id): throw .unknownTask(id, taskCount: taskCount)
      case .resource(let task, let resource): throw .invalidResource(task: task, resource)
      case nil: break
      }
      try TaskGraph.check(durations)
      try checkIDs()

      // Two transpositions of the pairs as added: the first sorts the predecessors of each task, so that repeated
      // pairs stand side by side and go; the second sorts the successors.
      var predecessors = AdjacencyRows(taskCount: taskCount, rows: earlier, targets: later).transposed()
      predecessors.removeDuplicates()
      let successors = predecessors.transposed()
      return TaskGraph(
        durations: durations, resources: resources, resourceCount: resourceCount, predecessorRows: predecessors,
        successorRows: successors, order: try TaskGraph.order(predecessors: predecessors, successors: successors))
    }

    private func checkIDs() throws(GraphError) {
      let count = Int32(truncatingIfNeeded: durations.count)
      for ids in [earlier, later] {
        for id in ids where id < 0 || id >= count { throw .unknownTask(Int(id), taskCount: durations.count) }
      }
    }
  }
}
