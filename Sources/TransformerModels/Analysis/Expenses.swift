public import GEMMTiming
internal import TaskGraphs

/// Where time goes: seconds by what is done and by what limits it.
///
/// Of a chain of operations, or of a stage's GPUs from the step's first moment to its last. Sums by ``Activity`` and sums
/// by limit are of the same cells.
public struct Expenses: Hashable, Sendable {
  private struct Cell: Hashable {
    var activity: Activity
    /// nil for a bubble.
    var limit: TimePrediction.Bound?
  }

  /// Absent cells take none.
  private var seconds: [Cell: Double] = [:]

  /// What can limit an operation.
  public static let limits = TimePrediction.Bound.allCases

  init() {}

  /// Seconds of an activity as far as it is limited by one thing; nothing limits a bubble, which stands under nil.
  public subscript(activity: Activity, limit: TimePrediction.Bound?) -> Double {
    seconds[Cell(activity: activity, limit: limit)] ?? 0
  }

  /// Seconds of an activity.
  public subscript(activity: Activity) -> Double { Self.limits.reduce(self[activity, nil]) { $0 + self[activity, $1] } }

  /// Seconds of all operations that are limited by one thing.
  public subscript(limitedBy limit: TimePrediction.Bound) -> Double {
    Activity.allCases.reduce(0) { $0 + self[$1, limit] }
  }

  /// Seconds of all exchanges between GPUs.
  public var communication: Double { Activity.allCases.filter(\.isCommunication).reduce(0) { $0 + self[$1] } }

  /// All seconds.
  public var total: Double { Activity.allCases.reduce(0) { $0 + self[$1] } }

  mutating func add(_ activity: Activity, _ limit: TimePrediction.Bound?, _ seconds: Double) {
    if seconds > 0 { self.seconds[Cell(activity: activity, limit: limit), default: 0] += seconds }
  }

  mutating func add(_ operation: PassOperation) {
    add(Activity(operation.operation), operation.prediction.bound, operation.prediction.seconds)
  }

  /// All of several together, cell by cell.
  public static func sum(_ expenses: some Sequence<Expenses>) -> Expenses {
    var sum = Expenses()
    for one in expenses { sum.seconds.merge(one.seconds, uniquingKeysWith: +) }
    return sum
  }

  /// The mean of several, cell by cell.
  public static func mean(_ expenses: [Expenses]) -> Expenses {
    var mean = sum(expenses)
    mean.seconds = mean.seconds.mapValues { $0 / Double(expenses.count) }
    return mean
  }
}

extension StepGraph {
  /// Where the seconds of some nodes go.
  ///
  /// O(nodes · log cells).
  public func expenses(of nodes: some Sequence<Int>) -> Expenses {
    var expenses = Expenses()
    for node in nodes { expenses.add(passOperation(of: node)) }
    return expenses
  }
}

extension StepEstimate {
  /// Where the seconds along the schedule's chain go: no bubble, as the chain goes on where a stage waits.
  ///
  /// They add up to the makespan. O(length of the chain · log cells).
  public var chainExpenses: Expenses { step.expenses(of: schedule.chain) }

  /// What the makespan goes to on the GPUs of each stage.
  ///
  /// Of an exchange only what no computation covers counts; what is left when nothing of a stage runs is its bubble, so
  /// that each stage's seconds add up to the makespan. O(nodes).
  public var stageExpenses: [Expenses] {
    var rows = Array(repeating: Array(repeating: [Stretch](), count: Stream.allCases.count), count: plan.pp)
    for cell in step.cells {
      let stage = cell.cell.part % plan.pp
      for (position, operation) in step.templates[Int(cell.template)].operations.enumerated() {
        guard let stream = operation.stream else { continue }
        let node = Int(cell.base) + position
        let duration = step.graph.durations[node]
        guard duration > 0 else { continue }
        let start = schedule.path.earliestStart[node]
        rows[stage][stream.rawValue].append(Stretch(start: start, end: start + duration, of: operation))
      }
    }
    return rows.map { streams in
      var (expenses, covered) = (Expenses(), [Stretch]())
      // Streams come in the order of what hides what: computation hides all others.
      for stretches in streams { covered = Stretch.cover(covered, with: stretches, uncovered: &expenses) }
      let busy = covered.reduce(0) { $0 + ($1.end - $1.start) }
      expenses.add(.bubble, nil, schedule.makespan - busy)
      return expenses
    }
  }
}

/// A stretch of time, and what it goes to.
private struct Stretch {
  var start: Double
  var end: Double
  let activity: Activity
  let limit: TimePrediction.Bound

  init(start: Double, end: Double, of operation: PassOperation) {
    (self.start, self.end) = (start, end)
    (activity, limit) = (Activity(operation.operation), operation.prediction.bound)
  }

  /// The union of two rows of stretches, each by rising time and without overlap; what only the second covers counts.
  ///
  /// O(stretches).
  static func cover(_ covered: [Stretch], with stretches: [Stretch], uncovered: inout Expenses) -> [Stretch] {
    var next = 0
    for stretch in stretches {
      while next < covered.count, covered[next].end <= stretch.start { next += 1 }
      var (begin, index) = (stretch.start, next)
      while begin < stretch.end, index < covered.count {
        uncovered.add(stretch.activity, stretch.limit, min(covered[index].start, stretch.end) - begin)
        begin = max(begin, covered[index].end)
        index += 1
      }
      uncovered.add(stretch.activity, stretch.limit, stretch.end - begin)
    }
    return merged(covered, stretches)
  }

  private static func merged(_ first: [Stretch], _ second: [Stretch]) -> [Stretch] {
    var union: [Stretch] = []
    union.reserveCapacity(first.count + second.count)
    var (i, j) = (0, 0)
    while i < first.count || j < second.count {
      let takesFirst = j >= second.count || (i < first.count && first[i].start <= second[j].start)
      let stretch = takesFirst ? first[i] : second[j]
      if takesFirst { i += 1 } else { j += 1 }
      if let last = union.indices.last, stretch.start <= union[last].end {
        union[last].end = max(union[last].end, stretch.end)
      } else {
        union.append(stretch)
      }
    }
    return union
  }
}
