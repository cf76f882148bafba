/// Which operator calls which: those of a thread that lie within each other's time.
struct TraceNesting {
  /// The operator that an operator runs in; nil for the outermost.
  let parents: [Int?]
  /// The operators in the order of their threads and starts, callers first.
  let order: [Int]

  /// O(n log n).
  init(_ events: [TraceEvent]) {
    order = events.indices.sorted { a, b in
      let (left, right) = (events[a], events[b])
      if left.thread != right.thread { return left.thread < right.thread }
      if left.start != right.start { return left.start < right.start }
      return left.duration != right.duration ? left.duration > right.duration : a < b
    }
    var parents = [Int?](repeating: nil, count: events.count)
    var open: [Int] = []
    for index in order {
      let event = events[index]
      while let last = open.last, events[last].thread != event.thread || events[last].end <= event.start {
        open.removeLast()
      }
      parents[index] = open.last
      open.append(index)
    }
    self.parents = parents
  }

  /// The innermost operators that ran at the moments asked for; both by thread.
  ///
  /// O((n + m) log m).
  func innermost(_ events: [TraceEvent], at moments: [(thread: String, time: Double)]) -> [Int?] {
    var found = [Int?](repeating: nil, count: moments.count)
    let asked = moments.indices.sorted {
      (moments[$0].thread, moments[$0].time) < (moments[$1].thread, moments[$1].time)
    }
    var (next, last) = (0, Int?.none)
    for index in asked {
      let (thread, time) = moments[index]
      while next < order.count,
        (events[order[next]].thread, events[order[next]].start) <= (thread, time)
      {
        last = order[next]
        next += 1
      }
      var candidate = last
      while let operation = candidate, events[operation].thread != thread || events[operation].end < time {
        candidate = parents[operation]
      }
      found[index] = candidate
    }
    return found
  }
}
