internal import DataFiles
internal import GEMMTiming
internal import TaskGraphs
internal import TransformerModels

extension RuntimeReport {
  /// What the rows of a report's CSV are.
  public enum Rows: String, Sendable, CaseIterable {
    /// The nodes of the critical path of one micro-batch.
    case path
    /// Every kind of operation of the step, with its slack and how often it decides.
    case operations
    /// What each operation would bring if it took less, and the answers to what was asked.
    case whatIfs = "what-ifs"
    /// Memory of each stage over time.
    case memory

    /// The columns.
    public var columns: [String] {
      switch self {
      case .path:
        [
          "position", "node", "op", "layer", "stage", "m", "k", "n", "batch", "start_us", "time_us", "time_lo_us",
          "time_hi_us", "bound", "source",
        ]
      case .operations: ["op", "time_us", "critical_time_us", "smallest_slack_us", "critical_probability"]
      case .whatIfs: ["change", "before_us", "after_us", "saved_us"]
      case .memory: ["stage", "time_us", "bytes", "pass", "micro_batch"]
      }
    }
  }

  /// The report as CSV: the critical path of one micro-batch unless told otherwise, a row a node, in order.
  ///
  /// `layer` is empty outside the layers, `m,k,n,batch` for what is no GEMM; `lo` and `hi` are the ends of the 90 %
  /// interval. Rows other than the path's are there once ``explain(_:device:)`` was asked.
  public func csv(_ rows: Rows = .path) -> String {
    switch rows {
    case .path: return pathCSV
    case .operations: return Self.text(rows, operationRows)
    case .whatIfs: return Self.text(rows, whatIfRows)
    case .memory: return Self.text(rows, memoryRows)
    }
  }

  private static func text(_ rows: Rows, _ fields: [[String]]) -> String {
    CSVDocument.serialize(header: rows.columns, rows: fields.lazy.map { $0 })
  }

  private var pathCSV: String {
    let pass = estimate.pass
    return CSVDocument.serialize(
      header: Rows.path.columns,
      rows: estimate.criticalPath.tasks.enumerated().lazy.map { position, node in
        let operation = pass.operation(of: node)
        let prediction = pass.prediction(of: node)
        let shape = operation.shape.map { [$0.m, $0.k, $0.n, $0.batch].map(String.init) } ?? ["", "", "", ""]
        return [
          String(position), pass.name(of: node), operation.name, pass.layer(of: node).map(String.init) ?? "",
          String(pass.stage(of: node)),
        ] + shape + [TimingTable.microseconds(estimate.criticalPath.earliestStart[node])]
          + prediction.microsecondFields + [prediction.bound.rawValue, prediction.source.rawValue]
      })
  }

  private var operationRows: [[String]] {
    guard let explanation else { return [] }
    return explanation.slack.map { slack in
      let critical = explanation.uncertainty.criticality.first { $0.role == slack.role && $0.phase == slack.phase }
      return [slack.role.rawValue + slack.phase.rawValue]
        + [slack.seconds, slack.criticalSeconds, slack.smallest].map(TimingTable.microseconds)
        + [FixedPoint.text(critical?.probability ?? 0, decimals: 4)]
    }
  }

  private var whatIfRows: [[String]] {
    guard let explanation else { return [] }
    let before = TimingTable.microseconds(estimate.schedule.makespan)
    let ranked = explanation.whatIfs.map { whatIf in
      [
        "\(whatIf.role.rawValue) × \(whatIf.factor)", before, TimingTable.microseconds(whatIf.makespan),
        TimingTable.microseconds(whatIf.saved),
      ]
    }
    let asked = explanation.answers.map {
      [$0.change, before, TimingTable.microseconds($0.makespan), TimingTable.microseconds($0.saved)]
    }
    return asked + ranked
  }

  private var memoryRows: [[String]] {
    guard let explanation else { return [] }
    return explanation.memory.flatMap { timeline in
      timeline.points.map { point in
        [
          String(timeline.stage), TimingTable.microseconds(point.seconds), FixedPoint.text(point.bytes, decimals: 0),
          point.cell.kind.title, String(point.cell.microBatch),
        ]
      }
    }
  }
}
