internal import HeapModule

/// The event loop behind ``Schedule``: time jumps from end to end of tasks.
struct ListScheduler {
  struct Outcome {
    var start: [Double]
    var finish: [Double]
    var busy: [Double]
    var blockingTask: [Int32]
    var blockedByResource: [Bool]
  }

  /// The end of a running task.
  private struct End: Comparable {
    var time: Double
    var task: Int32

    static func < (a: End, b: End) -> Bool { a.time < b.time }
    static func == (a: End, b: End) -> Bool { a.time == b.time }
  }

  private let graph: TaskGraph
  private let priority: [Int32]?
  private var outcome: Outcome
  /// How many predecessors of each task have not ended.
  private var waiting: [Int32]
  private var running = Heap<End>()
  /// Ready tasks of each resource: priority in the upper half of the key, id in the lower.
  private var ready: [Heap<Int64>]
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
    self.graph = graph
    self.priority = priority
    let (tasks, resources) = (graph.taskCount, graph.resourceCount)
    outcome = Outcome(
      start: Array(repeating: 0, count: tasks), finish: Array(repeating: 0, count: tasks),
      busy: Array(repeating: 0, count: resources), blockingTask: Array(repeating: -1, count: tasks),
      blockedByResource: Array(repeating: false, count: tasks))
    let offsets = graph.predecessorRows.offsets
    waiting = (0..<tasks).map { offsets[$0 + 1] - offsets[$0] }
    ready = Array(repeating: Heap(), count: resources)
    last = Array(repeating: -1, count: resources)
    isFree = Array(repeating: true, count: resources)
    isTouched = Array(repeating: false, count: resources)
  }

  private mutating func run() {
    for task in 0..<graph.taskCount where waiting[task] == 0 { release(task, at: 0) }
    dispatch(at: 0)
    while let first = running.popMin() {
      end(Int(first.task), at: first.time)
      while let next = running.min, next.time == first.time {
        running.removeMin()
        end(Int(next.task), at: next.time)
      }
      dispatch(at: first.time)
    }
  }

  /// A task's last predecessor has ended.
  ///
  /// Until it begins, `start` holds when it became ready.
  private mutating func release(_ task: Int, at time: Double) {
    let resource = graph.resources[task]
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
    let finish = time + graph.durations[task]
    outcome.finish[task] = finish
    running.insert(End(time: finish, task: Int32(truncatingIfNeeded: task)))
  }

  private mutating func end(_ task: Int, at time: Double) {
    let resource = graph.resources[task]
    if resource != TaskGraph.noResource {
      isFree[Int(resource)] = true
      touch(resource)
    }
    let rows = graph.successorRows
    for index in Int(rows.offsets[task])..<Int(rows.offsets[task + 1]) {
      let successor = Int(rows.targets[index])
      // Ends come in rising time: the last to be noted is the latest; among equals the smallest id stays.
      let noted = outcome.blockingTask[successor]
      if noted < 0 || outcome.finish[Int(noted)] < time || noted > task {
        outcome.blockingTask[successor] = Int32(truncatingIfNeeded: task)
      }
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
      outcome.busy[resource] += graph.durations[task]
      let dependency = outcome.blockingTask[task]
      let readyAt = dependency < 0 ? 0 : outcome.finish[Int(dependency)]
      if time > readyAt {
        outcome.blockingTask[task] = last[resource]
        outcome.blockedByResource[task] = true
      }
      last[resource] = Int32(truncatingIfNeeded: task)
    }
    touched.removeAll(keepingCapacity: true)
  }
}
