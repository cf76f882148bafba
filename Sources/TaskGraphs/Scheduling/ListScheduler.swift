internal import HeapModule

/// The event loop behind ``Schedule``: time jumps from end to end of tasks.
struct ListScheduler {
  struct Outcome {
    var start: [Double]
    var finish: [Double]
    var busy: [Double]
    /// By task: while running, what its resource ran before it; then what its begin waited for; −1 for nothing.
    var blockingTask: [Int32]
    /// By task: whether the blocking task held the resource.
    var blockedByResource: [Bool]
  }

  /// The end of a running task.
  private struct End: Comparable {
    var time: Double
    var task: Int32

    static func < (a: End, b: End) -> Bool { a.time < b.time }
    static func == (a: End, b: End) -> Bool { a.time == b.time }
  }

  /// Ready tasks by key: priority in the upper half, id in the lower.
  ///
  /// The newest stands beside the heap: most often it is the successor of what has just ended, and goes next.
  private struct ReadyQueue {
    private var newest = Int64.max
    private var heap = Heap<Int64>()

    mutating func insert(_ key: Int64) {
      if newest != .max { heap.insert(newest) }
      newest = key
    }

    mutating func popMin() -> Int64? {
      if let least = heap.min, least < newest { return heap.removeMin() }
      defer { newest = .max }
      return newest == .max ? nil : newest
    }
  }

  private let durations: [Double]
  private let resources: [Int32]
  private let successorOffsets: [Int32]
  private let successors: [Int32]
  private let priority: [Int32]?
  private var outcome: Outcome
  /// How many predecessors of each task have not ended.
  private var waiting: [Int32]
  private var running = Heap<End>()
  /// Ready tasks of each resource.
  private var ready: [ReadyQueue]
  /// The task that each resource runs or ran last; −1 before the first.
  private var last: [Int32]
  private var isFree: [Bool]
  /// Resources that came free or got a ready task at this instant, and whether each is listed.
  private var touched: [Int32] = []
  private var isTouched: [Bool]

  /// Schedules; `priority` has a value a task, or is nil for the ids.
  static func run(_ graph: TaskGraph, priority: [Int32]?) -> Outcome {
    var scheduler = ListScheduler(graph, priority: priority)
    scheduler.run()
    scheduler.outcome.attribute(graph)
    return scheduler.outcome
  }

  /// Each value's place among the distinct values in rising order.
  ///
  /// O(V log V).
  static func ranks(_ priority: [Double]) -> [Int32] {
    let sorted = priority.indices.sorted { priority[$0] < priority[$1] }
    var ranks = [Int32](repeating: 0, count: priority.count)
    var rank: Int32 = 0
    for (position, task) in sorted.enumerated() {
      if position > 0, priority[task] != priority[sorted[position - 1]] { rank += 1 }
      ranks[task] = rank
    }
    return ranks
  }

  private init(_ graph: TaskGraph, priority: [Int32]?) {
    durations = graph.durations
    resources = graph.resources
    successorOffsets = graph.successorRows.offsets
    successors = graph.successorRows.targets
    self.priority = priority
    let (tasks, resourceCount) = (graph.taskCount, graph.resourceCount)
    outcome = Outcome(
      start: Array(repeating: 0, count: tasks), finish: [],
      busy: Array(repeating: 0, count: resourceCount), blockingTask: Array(repeating: -1, count: tasks),
      blockedByResource: Array(repeating: false, count: tasks))
    let offsets = graph.predecessorRows.offsets
    waiting = (0..<tasks).map { offsets[$0 + 1] - offsets[$0] }
    ready = Array(repeating: ReadyQueue(), count: resourceCount)
    last = Array(repeating: -1, count: resourceCount)
    isFree = Array(repeating: true, count: resourceCount)
    isTouched = Array(repeating: false, count: resourceCount)
  }

  private mutating func run() {
    for task in 0..<durations.count where waiting[task] == 0 { release(task, at: 0) }
    var time = 0.0
    repeat {
      while let next = running.min, next.time == time {
        running.removeMin()
        end(Int(next.task), at: time)
      }
      dispatch(at: time)
      // Tasks without duration end at this same instant, and free resources choose again.
      time = running.min?.time ?? time
    } while !running.isEmpty
  }

  /// A task's last predecessor has ended.
  private mutating func release(_ task: Int, at time: Double) {
    let resource = resources[task]
    guard resource != TaskGraph.noResource else {
      begin(task, at: time)
      return
    }
    let high = Int64(priority?[task] ?? 0) << 32
    ready[Int(resource)].insert(high | Int64(task))
    touch(resource)
  }

  private mutating func touch(_ resource: Int32) {
    guard !isTouched[Int(resource)] else { return }
    isTouched[Int(resource)] = true
    touched.append(resource)
  }

  private mutating func begin(_ task: Int, at time: Double) {
    outcome.start[task] = time
    running.insert(End(time: time + durations[task], task: Int32(truncatingIfNeeded: task)))
  }

  private mutating func end(_ task: Int, at time: Double) {
    let resource = resources[task]
    if resource != TaskGraph.noResource {
      isFree[Int(resource)] = true
      touch(resource)
    }
    for index in Int(successorOffsets[task])..<Int(successorOffsets[task + 1]) {
      let successor = Int(successors[index])
      waiting[successor] -= 1
      if waiting[successor] == 0 { release(successor, at: time) }
    }
  }

  /// Every free resource that has ready tasks takes one.
  private mutating func dispatch(at time: Double) {
    for id in touched {
      let resource = Int(id)
      isTouched[resource] = false
      guard isFree[resource], let key = ready[resource].popMin() else { continue }
      let task = Int(key & 0xffff_ffff)
      isFree[resource] = false
      begin(task, at: time)
      outcome.busy[resource] += durations[task]
      outcome.blockingTask[task] = last[resource]
      last[resource] = Int32(truncatingIfNeeded: task)
    }
    touched.removeAll(keepingCapacity: true)
  }
}

extension ListScheduler.Outcome {
  /// Says for each task when it ends and what its begin waited for to the last: a dependency, or the task before it
  /// on its resource.
  ///
  /// Done afterwards in the order of the ids, where it costs a fraction of what it would inside the event loop.
  fileprivate mutating func attribute(_ graph: TaskGraph) {
    finish = zip(start, graph.durations).map { $0 + $1 }
    let rows = graph.predecessorRows
    for task in 0..<graph.taskCount {
      var ready = 0.0
      var dependency: Int32 = -1
      for index in Int(rows.offsets[task])..<Int(rows.offsets[task + 1]) {
        let predecessor = rows.targets[index]
        let end = finish[Int(predecessor)]
        // Rows rise, so the smallest id stays among equals.
        if dependency < 0 || end > ready { (ready, dependency) = (end, predecessor) }
      }
      blockedByResource[task] = start[task] > ready
      if !blockedByResource[task] { blockingTask[task] = dependency }
    }
  }
}
