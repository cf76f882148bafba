internal import GEMMTiming
internal import TaskGraphs

/// What time is spent on: of a chain of operations, or of a stage's GPUs from the step's first moment to its last.
public struct Expenses: Hashable, Sendable {
  /// What a second goes to.
  public enum Kind: String, Sendable, CaseIterable {
    /// Kernels that the arithmetic limits.
    case compute
    /// Kernels that the memory's bandwidth limits.
    case memory = "memory-bound"
    /// Kernels so short that their fixed cost is most of them.
    case latency = "latency-bound"
    /// Exchanges within a tensor-parallel group.
    case tensor = "tensor-parallel communication"
    /// Exchanges of tokens between replicas that share the experts out.
    case expert = "expert-parallel communication"
    /// Sends between stages.
    case pipeline = "pipeline communication"
    /// Exchanges between replicas.
    case data = "data-parallel communication"
    /// The host's launching, where GPUs wait for it.
    case dispatch = "launching by the host"
    /// Waiting for other stages.
    case bubble

    init(_ operation: PassOperation) {
      switch operation.operation.operation {
      case .communication:
        switch operation.operation.role.exchange {
        case .pipeline: self = .pipeline
        case .data: self = .data
        case .expert: self = .expert
        default: self = .tensor
        }
      case .none: self = .dispatch
      case .gemm, .attention, .memory:
        switch operation.prediction.bound {
        case .compute: self = .compute
        case .memory, .network: self = .memory
        case .latency: self = .latency
        }
      }
    }
  }

  /// Seconds by kind; absent kinds take none.
  public private(set) var seconds: [Kind: Double] = [:]

  /// Seconds of one kind.
  public subscript(kind: Kind) -> Double { seconds[kind] ?? 0 }

  /// All seconds, in the order of the kinds.
  public var total: Double { Kind.allCases.reduce(0) { $0 + self[$1] } }

  mutating func add(_ kind: Kind, _ seconds: Double) {
    if seconds > 0 { self.seconds[kind, default: 0] += seconds }
  }

  /// The mean of several, kind by kind.
  public static func mean(_ expenses: [Expenses]) -> Expenses {
    var mean = Expenses()
    for kind in Kind.allCases {
      mean.add(kind, expenses.reduce(0) { $0 + $1[kind] } / Double(max(1, expenses.count)))
    }
    return mean
  }
}

extension StepEstimate {
  /// What the seconds along the schedule's chain go to: no bubble, as the chain goes on where a stage waits.
  ///
  /// They add up to the makespan. O(length of the chain · log cells).
  public var chainExpenses: Expenses {
    var expenses = Expenses()
    for node in schedule.chain {
      let operation = step.passOperation(of: node)
      expenses.add(Expenses.Kind(operation), operation.prediction.seconds)
    }
    return expenses
  }

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
        rows[stage][stream.rawValue].append(Stretch(start: start, end: start + duration, kind: .init(operation)))
      }
    }
    return rows.map { streams in
      var (expenses, covered) = (Expenses(), [Stretch]())
      // Streams come in the order of what hides what: computation hides all others.
      for stretches in streams { covered = Stretch.cover(covered, with: stretches, uncovered: &expenses) }
      let busy = covered.reduce(0) { $0 + ($1.end - $1.start) }
      expenses.add(.bubble, schedule.makespan - busy)
      return expenses
    }
  }
}

/// A stretch of time, and what it goes to.
private struct Stretch {
  var start: Double
  var end: Double
  let kind: Expenses.Kind

  /// The union of two rows of stretches, each by rising time and without overlap; what only the second covers counts.
  ///
  /// O(stretches).
  static func cover(_ covered: [Stretch], with stretches: [Stretch], uncovered: inout Expenses) -> [Stretch] {
    var next = 0
    for stretch in stretches {
      while next < covered.count, covered[next].end <= stretch.start { next += 1 }
      var (begin, index) = (stretch.start, next)
      while begin < stretch.end, index < covered.count {
        uncovered.add(stretch.kind, min(covered[index].start, stretch.end) - begin)
        begin = max(begin, covered[index].end)
        index += 1
      }
      uncovered.add(stretch.kind, stretch.end - begin)
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
