internal import TaskGraphs
internal import TransformerModels

/// A step's schedule as rows of blocks: each stream of each stage in order of time.
///
/// On one stream operations follow each other, so the blocks of a row never overlap, folded or not.
struct ScheduleTimeline {
  /// What one block stands for.
  enum Detail {
    case operations
    /// All that one pass of one micro-batch does on one stream.
    case passes
  }

  /// A stretch of one row; times are in seconds.
  struct Block {
    var start: Double
    var end: Double
    /// How long the stream works between start and end.
    var busy: Double
    /// Its first node.
    var node: Int
    /// How many operations it holds.
    var count: Int
    /// What takes most of its time.
    var kind: Activity
    /// The kind of its passes; nil where they differ.
    var pass: PipelineCell.Kind?
    /// How many blocks were drawn together into it, itself among them.
    var parts = 1
  }

  /// One stream of one stage.
  struct Row {
    let stage: Int
    let stream: Stream
    var blocks: [Block] = []
    /// Where the chain runs that determines the makespan, by rising time.
    var chain: [Range<Double>] = []
  }

  /// The rows that have any block, stage by stage.
  let rows: [Row]
  /// Seconds from the first start to the last end.
  let makespan: Double

  /// Arranges a schedule, all of it or one stage.
  ///
  /// O(nodes · log cells).
  init(_ estimate: StepEstimate, detail: Detail, stage only: Int? = nil) {
    let (step, schedule) = (estimate.step, estimate.schedule)
    var rows = (0..<step.plan.pp).flatMap { stage in Stream.allCases.map { Row(stage: stage, stream: $0) } }
    // Node ids go stage by stage in the order of launch, which is each stream's order.
    var pending: [(cell: PipelineCell, seconds: [Activity: Double])?] = Array(repeating: nil, count: rows.count)
    for node in 0..<step.nodeCount {
      let duration = step.graph.durations[node]
      guard duration > 0, let stream = step.stream(of: node) else { continue }
      let cell = step.cell(of: node)
      let stage = cell.part % step.plan.pp
      if let only, stage != only {
        if stage > only { break }
        continue
      }
      let row = stage * Stream.allCases.count + stream.rawValue
      let (start, kind) = (schedule.path.earliestStart[node], Activity(step.operation(of: node)))
      if detail == .passes, let last = rows[row].blocks.indices.last, pending[row]?.cell == cell {
        rows[row].blocks[last].end = start + duration
        rows[row].blocks[last].busy += duration
        rows[row].blocks[last].count += 1
        pending[row]?.seconds[kind, default: 0] += duration
        let seconds = pending[row]?.seconds ?? [:]
        rows[row].blocks[last].kind = Self.longest(seconds)
      } else {
        rows[row].blocks.append(
          Block(
            start: start, end: start + duration, busy: duration, node: node, count: 1, kind: kind, pass: cell.kind,
            parts: 1))
        pending[row] = (cell, [kind: duration])
      }
    }
    for node in schedule.chain where step.graph.durations[node] > 0 {
      guard let stream = step.stream(of: node) else { continue }
      let stage = step.stage(of: node)
      guard only == nil || stage == only else { continue }
      let row = stage * Stream.allCases.count + stream.rawValue
      let start = schedule.path.earliestStart[node]
      let end = start + step.graph.durations[node]
      if let last = rows[row].chain.indices.last, rows[row].chain[last].upperBound >= start {
        rows[row].chain[last] = rows[row].chain[last].lowerBound..<max(end, rows[row].chain[last].upperBound)
      } else {
        rows[row].chain.append(start..<end)
      }
    }
    self.rows = rows.filter { !$0.blocks.isEmpty }
    makespan = schedule.makespan
  }

  /// The kind with the most seconds; of equal ones the first in their order.
  static func longest(_ seconds: [Activity: Double]) -> Activity {
    Activity.allCases.max { (seconds[$0] ?? 0) < (seconds[$1] ?? 0) } ?? .bubble
  }

  /// The largest number of blocks in a row.
  var longestRow: Int { rows.map(\.blocks.count).max() ?? 0 }
}

extension Stream {
  /// The stream's name in pictures and traces.
  var title: String {
    switch self {
    case .compute: "compute"
    case .tensor: "tensor"
    case .context: "context"
    case .expert: "expert"
    case .pipeline: "pipeline"
    case .data: "data"
    case .host: "host"
    }
  }
}
