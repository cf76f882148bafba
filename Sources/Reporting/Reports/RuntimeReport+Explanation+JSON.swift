internal import DataFiles
internal import GEMMTiming
internal import TaskGraphs
internal import TransformerModels

extension RuntimeReport {
  /// The explanation's figures: times in seconds, sizes in bytes, shares as fractions.
  var explanationValue: JSONText {
    guard let explanation else { return .null }
    let uncertainty = explanation.uncertainty
    return .object([
      (
        "uncertainty",
        .object([
          ("draws", .integer(uncertainty.draws)), ("p5_s", .number(uncertainty.p5)),
          ("p50_s", .number(uncertainty.p50)), ("p95_s", .number(uncertainty.p95)),
        ])
      ),
      ("operations", .array(explanation.slack.map { operation($0, uncertainty) })),
      ("what_ifs", .array(explanation.whatIfs.map(Self.whatIf))),
      ("answers", .array(explanation.answers.map(answer))),
      ("chain", Self.expenses(analysis.chain)), ("stages", .array(explanation.stages.map(Self.expenses))),
      ("free_communication_s", .number(explanation.withFreeCommunication)),
      ("no_bubble_s", .number(explanation.withoutBubble)),
      ("memory", .array(explanation.memory.map(Self.timeline))),
      ("remedies", .array(explanation.remedies.map(Self.remedy))),
    ])
  }

  private func operation(_ slack: OperationSlack, _ uncertainty: StepUncertainty) -> JSONText {
    let critical = uncertainty.criticality.first { $0.role == slack.role && $0.phase == slack.phase }
    return .object([
      ("op", .string(slack.role.rawValue + slack.phase.rawValue)), ("time_s", .number(slack.seconds)),
      ("critical_time_s", .number(slack.criticalSeconds)), ("smallest_slack_s", .number(slack.smallest)),
      ("critical_probability", .number(critical?.probability ?? 0)),
    ])
  }

  private static func whatIf(_ whatIf: WhatIf) -> JSONText {
    .object([
      ("op", .string(whatIf.role.rawValue)), ("factor", .number(whatIf.factor)),
      ("schedule_s", .number(whatIf.makespan)), ("saved_s", .number(whatIf.saved)),
    ])
  }

  private func answer(_ answer: StepExplanation.Answer) -> JSONText {
    .object([
      ("change", .string(answer.change)), ("before_s", .number(estimate.schedule.makespan)),
      ("after_s", .number(answer.makespan)), ("saved_s", .number(answer.saved)),
    ])
  }

  /// The cells that take time; the limit of a bubble is null.
  private static func expenses(_ expenses: Expenses) -> JSONText {
    .array(
      Activity.allCases.flatMap { activity in
        (Expenses.limits + [nil]).filter { expenses[activity, $0] > 0 }.map { limit in
          .object([
            ("activity", .string(activity.rawValue)), ("limit", limit.map { .string($0.rawValue) } ?? .null),
            ("time_s", .number(expenses[activity, limit])),
          ])
        }
      })
  }

  private static func timeline(_ timeline: MemoryTimeline) -> JSONText {
    var members: [(String, JSONText)] = [
      ("stage", .integer(timeline.stage)), ("persistent_bytes", .number(timeline.persistent)),
    ]
    if let peak = timeline.peak {
      members += [
        ("peak_bytes", .number(peak.bytes)), ("peak_at_s", .number(peak.seconds)),
        ("peak_pass", .string(peak.cell.kind.title)), ("peak_micro_batch", .integer(peak.cell.microBatch)),
      ]
    }
    return .object(members)
  }

  private static func remedy(_ priced: StepExplanation.PricedRemedy) -> JSONText {
    .object([
      ("changes", .array(priced.remedy.changes.map { .string($0.description) })),
      ("needed_bytes", .number(priced.remedy.worst.total)),
      ("schedule_s", priced.makespan.map { .number($0) } ?? .null),
    ])
  }
}
