extension TaskGraph {
  /// An order in which every task comes after all that it waits for.
  ///
  /// O(V + E).
  ///
  /// - Throws: ``GraphError/cycle(through:)`` when there is none.
  static func order(
    predecessors: AdjacencyRows, successors: AdjacencyRows
  ) throws(GraphError) -> [Int32] {
    let taskCount = predecessors.offsets.count - 1
    // Rows are sorted, so a task's last predecessor is its largest. Most graphs are added from front to back.
    let isSorted = (0..<taskCount).allSatisfy { task in
      let end = Int(predecessors.offsets[task + 1])
      return end == Int(predecessors.offsets[task]) || predecessors.targets[end - 1] < task
    }
    if isSorted { return (0..<taskCount).map { Int32(truncatingIfNeeded: $0) } }

    var waiting = (0..<taskCount).map { predecessors.offsets[$0 + 1] - predecessors.offsets[$0] }
    var order: [Int32] = []
    order.reserveCapacity(taskCount)
    for task in 0..<taskCount where waiting[task] == 0 { order.append(Int32(truncatingIfNeeded: task)) }
    var next = 0
    while next < order.count {
      let task = Int(order[next])
      next += 1
      for index in Int(successors.offsets[task])..<Int(successors.offsets[task + 1]) {
        let successor = successors.targets[index]
        waiting[Int(successor)] -= 1
        if waiting[Int(successor)] == 0 { order.append(successor) }
      }
    }
    guard order.count == taskCount else { throw .cycle(through: cycle(waiting: waiting, predecessors: predecessors)) }
    return order
  }

  /// One cycle among the tasks that still wait for something when nothing can run any more.
  ///
  /// O(V + E).
  ///
  /// Each of them waits for another of them; going from each to the smallest such must come back to a task
  /// already met, and the tasks from there on are a cycle, found backwards.
  private static func cycle(waiting: [Int32], predecessors: AdjacencyRows) -> [Int] {
    var metAt = [Int](repeating: -1, count: waiting.count)
    var walk: [Int] = []
    var current = waiting.firstIndex { $0 > 0 }
    while let task = current {
      if metAt[task] >= 0 { return rotatedToSmallest(walk[metAt[task]...].reversed()) }
      metAt[task] = walk.count
      walk.append(task)
      current = predecessors[task].first { waiting[Int($0)] > 0 }.map(Int.init)
    }
    return walk
  }

  private static func rotatedToSmallest(_ cycle: [Int]) -> [Int] {
    guard let smallest = cycle.indices.min(by: { cycle[$0] < cycle[$1] }) else { return cycle }
    return Array(cycle[smallest...] + cycle[..<smallest])
  }
}
