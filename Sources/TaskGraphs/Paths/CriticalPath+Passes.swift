/// Earliest starts: each task after the latest end among those it waits for.
struct ForwardPass {
  /// Earliest start in seconds by task.
  let start: [Double]
  /// The latest end.
  let length: Double

  init(_ graph: TaskGraph) {
    let (durations, rows) = (graph.durations, graph.predecessorRows)
    var length = 0.0
    start = Array(unsafeUninitializedCapacity: graph.taskCount) { start, count in
      for id in graph.order {
        let task = Int(id)
        var ready = 0.0
        for index in Int(rows.offsets[task])..<Int(rows.offsets[task + 1]) {
          let predecessor = Int(rows.targets[index])
          ready = max(ready, start[predecessor] + durations[predecessor])
        }
        start.initializeElement(at: task, to: ready)
        length = max(length, ready + durations[task])
      }
      count = graph.taskCount
    }
    self.length = length
  }
}

/// Latest starts, and which tasks lie on a longest path.
struct BackwardPass {
  /// Latest start in seconds by task; exactly the earliest for a critical one.
  let latestStart: [Double]
  /// By task: it ends the graph, or a critical successor begins the moment it ends.
  let isCritical: [Bool]

  init(_ graph: TaskGraph, after forward: ForwardPass) {
    let (durations, rows, earliest) = (graph.durations, graph.successorRows, forward.start)
    let length = forward.length
    var critical = [Bool](repeating: false, count: graph.taskCount)
    var latest = [Double](repeating: 0, count: graph.taskCount)
    for id in graph.order.reversed() {
      let task = Int(id)
      let finish = earliest[task] + durations[task]
      var due = length
      let successors = Int(rows.offsets[task])..<Int(rows.offsets[task + 1])
      var isCritical = successors.isEmpty && finish == length
      for index in successors {
        let successor = Int(rows.targets[index])
        due = min(due, latest[successor])
        if critical[successor], earliest[successor] == finish { isCritical = true }
      }
      critical[task] = isCritical
      // Sums from the back round otherwise than sums from the front: never let that make slack negative.
      latest[task] = isCritical ? earliest[task] : max(due - durations[task], earliest[task])
    }
    latestStart = latest
    self.isCritical = critical
  }
}
