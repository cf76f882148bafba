public import TaskGraphs

/// When everything of a step runs: each stream of each stage takes its operations in the order of their launch.
///
/// Because that order is fixed, the schedule is the longest path through dependencies and stream order together, and
/// is solved in linear time.
public struct StepSchedule: Sendable {
  /// The solved graph: earliest starts are the schedule's, slack is what may be delayed without delaying the step.
  public let path: CriticalPath
  /// Seconds from the first start to the last end.
  public let makespan: Double
  /// Seconds that each stream of each stage is busy; `busy[stage][stream.rawValue]`.
  public let busy: [[Double]]
  /// Seconds that each stage neither computes, exchanges within its tensor- or expert-parallel groups nor waits for its
  /// host's launching: the bubble.
  public let idle: [Double]

  /// The nodes that determine the makespan, in order and without a gap.
  public var chain: [Int] { path.tasks }

  /// Solves a step that was built with stream order.
  ///
  /// O(nodes).
  public init(_ step: StepGraph) {
    path = CriticalPath(step.graph)
    makespan = path.length
    var occupancy = [StageOccupancy](repeating: StageOccupancy(), count: step.plan.pp)
    for cell in step.cells {
      let stage = cell.cell.part % step.plan.pp
      let operations = step.templates[Int(cell.template)].operations
      for (position, operation) in operations.enumerated() {
        guard let stream = operation.stream else { continue }
        let node = Int(cell.base) + position
        occupancy[stage].add(stream, start: path.earliestStart[node], duration: step.graph.durations[node])
      }
    }
    busy = occupancy.map(\.busy)
    let makespan = makespan
    idle = occupancy.map { max(0, makespan - max($0.occupied, $0.busy[Stream.host.rawValue])) }
  }
}

/// The time that a stage's compute, tensor, context and expert streams cover together.
///
/// Each stream's operations come in rising time, the streams interleaved nearly so; the cover is exact as long as
/// an operation starts no earlier than the begin of the last covered stretch, and at most too large otherwise.
private struct StageOccupancy {
  var busy = [Double](repeating: 0, count: Stream.allCases.count)
  private var covered = 0.0
  private var begin = 0.0
  private var end = 0.0

  var occupied: Double { covered + (end - begin) }

  mutating func add(_ stream: Stream, start: Double, duration: Double) {
    busy[stream.rawValue] += duration
    guard stream == .compute || stream == .tensor || stream == .context || stream == .expert, duration > 0 else {
      return
    }
    if start > end {
      covered += end - begin
      (begin, end) = (start, start + duration)
    } else {
      begin = min(begin, start)
      end = max(end, start + duration)
    }
  }
}
