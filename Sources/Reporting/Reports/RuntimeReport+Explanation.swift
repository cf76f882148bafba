internal import GEMMTiming
internal import TaskGraphs
internal import TransformerModels

// What decides the step, how sure that is, and what would change it.
extension RuntimeReport {
  var explanationSections: [Document.Section] {
    guard let explanation else { return [] }
    return [
      .init("What Decides the Step", [.paragraph(deciders), .paragraph(documentsView)]),
      whereTimeGoes(explanation), sureness(explanation), whatWouldHelp(explanation),
    ] + memorySections(explanation)
  }

  // MARK: The bottleneck

  /// Seconds along the schedule's chain by what takes them: exchanges by their collective, all else by operation.
  private var chainParts: [(name: String, names: [String], seconds: Double)] {
    var order: [String] = []
    var parts: [String: (names: [String], seconds: Double)] = [:]
    for node in estimate.schedule.chain {
      let seconds = estimate.step.graph.durations[node]
      guard seconds > 0 else { continue }
      let operation = estimate.step.operation(of: node)
      var name = operation.role.rawValue
      // The exchanges of one kind within one sort of group are one thing to a network.
      if case .communication(let exchange) = operation.operation {
        name = "\(Activity(operation).rawValue)-parallel \(exchange.kind.rawValue)"
      }
      var part = parts[name] ?? ([], 0)
      if parts[name] == nil { order.append(name) }
      if !part.names.contains(operation.role.rawValue) { part.names.append(operation.role.rawValue) }
      part.seconds += seconds
      parts[name] = part
    }
    return order.compactMap { name in parts[name].map { (name, $0.names, $0.seconds) } }
      .enumerated().sorted { ($1.element.2, $0.offset) < ($0.element.2, $1.offset) }.map(\.element)
  }

  private func title(_ part: (name: String, names: [String], seconds: Double)) -> String {
    part.names.count == 1 ? part.names[0] : "\(part.name) (\(part.names.joined(separator: ", ")))"
  }

  private var deciders: String {
    let makespan = estimate.schedule.makespan
    let parts = chainParts
    guard let first = parts.first, makespan > 0 else { return "Nothing in this step takes time." }
    let others = parts.dropFirst().prefix(3).map { "\(title($0)) \(Quantity.percent($0.seconds / makespan))" }
    return
      "The chain of operations that determines the makespan, \(Quantity.time(makespan)), has no gap. The bottleneck on it "
      + "is \(title(first)), \(Quantity.time(first.seconds)) or \(Quantity.percent(first.seconds / makespan)) of the step"
      + (others.isEmpty ? "." : "; then come \(others.joined(separator: ", ")).")
  }

  /// What the document's formula counts, beside what the chain has.
  private var documentsView: String {
    let document = estimate.totals.document
    let makespan = estimate.schedule.makespan
    let parts = chainParts
    func seconds(_ role: OperationRole) -> Double { parts.first { $0.name == role.rawValue }?.seconds ?? 0 }
    let exchanges = analysis.chain.communication
    let softmax = seconds(.softmax)
    let passes = analysis.chain[.memory]
    let slowest = document.slowest.operation.role
    var text =
      "The document's formula counts \(document.slowest.operation.name) alone of each layer and "
      + "\(Quantity.time(document.pipelineOverhead.seconds)) of communication."
    if exchanges > 0 {
      text +=
        " The chain has \(Quantity.time(exchanges)) of communication, \(Quantity.percent(exchanges / makespan)) of the step"
      if document.pipelineOverhead.seconds > 0 {
        text += " and \(Quantity.factor(exchanges / document.pipelineOverhead.seconds)) what the formula allows for it"
      }
      text += "."
    }
    if passes > 0 {
      text +=
        " For passes over memory, \(Quantity.time(passes)) or \(Quantity.percent(passes / makespan)), it counts nothing"
      text +=
        softmax > 0
        ? "; softmax (\(OperationRole.softmax.rawValue)) alone takes \(Quantity.time(softmax)), "
          + "\(Quantity.percent(softmax / makespan))." : "."
    }
    if softmax > 0, exchanges > 0, seconds(slowest) > 0 {
      text +=
        " Softmax and communication together take \(Quantity.factor((softmax + exchanges) / seconds(slowest))) as long as "
        + "\(slowest.rawValue)."
    }
    return text
  }

  // MARK: Where the time goes

  private func whereTimeGoes(_ explanation: StepExplanation) -> Document.Section {
    .init(
      "Where the Time Goes", level: 3,
      [
        .paragraph("Of the chain, by what is done (rows) and by what limits it (columns):"), .table(chainTable),
        .paragraph("Of every stage's GPUs, by what is done:"), .table(stageTable(explanation.stages)),
        .paragraph(
          "Of a stage's exchanges only what no computation hides is counted; its bubble is what is left when nothing of it "
            + "runs. The chain has no bubble: where one stage waits it runs through the stage that is waited for."),
        .list(bounds(explanation)),
      ])
  }

  /// The chain's cells with their sums.
  private var chainTable: DocumentTable {
    let chain = analysis.chain
    func share(_ seconds: Double) -> String { seconds > 0 ? Quantity.percent(seconds / chain.total) : "" }
    let limits = Expenses.limits.filter { chain[limitedBy: $0] > 0 }
    let rows = Activity.allCases.filter { chain[$0] > 0 }.map { activity in
      [activity.title] + limits.map { share(chain[activity, $0]) } + [
        share(chain[activity]), Quantity.time(chain[activity]),
      ]
    }
    let all = ["all"] + limits.map { share(chain[limitedBy: $0]) } + [share(chain.total), Quantity.time(chain.total)]
    return DocumentTable(
      [.init("share of the chain")] + limits.map { .init($0.rawValue, .right) }
        + [.init("together", .right), .init("time", .right)],
      rows: rows + [all])
  }

  private func stageTable(_ stages: [Expenses]) -> DocumentTable {
    let makespan = estimate.schedule.makespan
    let shown = stages.indices.filter { stages.count <= 8 || $0 < 4 || $0 >= stages.count - 4 }
    var rows = shown.map { ("stage \($0)", stages[$0]) }
    if stages.count > 1 { rows.append((stages.count > 8 ? "mean of all \(stages.count)" : "mean", .mean(stages))) }
    let activities = Activity.allCases.filter { activity in rows.contains { $0.1[activity] > 0 } }
    return DocumentTable(
      [.init("share of the step")] + activities.map { .init($0.shortTitle, .right) },
      rows: rows.map { name, expenses in
        [name] + activities.map { makespan > 0 ? Quantity.percent(expenses[$0] / makespan) : "" }
      })
  }

  /// What the step would take at best without communication, and without a bubble.
  private func bounds(_ explanation: StepExplanation) -> [String] {
    let makespan = estimate.schedule.makespan
    func bound(_ seconds: Double, _ what: String) -> String {
      let saved = makespan > 0 ? (makespan - seconds) / makespan : 0
      return "\(what): \(Quantity.time(seconds)) at best, \(Quantity.percent(saved)) less."
    }
    let communication = bound(explanation.withFreeCommunication, "If communication were free")
    guard estimate.plan.pp > 1 else { return [communication] }
    return [
      communication, bound(explanation.withoutBubble, "If no stage ever waited (the busiest stage's own work)"),
    ]
  }

  // MARK: Uncertainty

  private func sureness(_ explanation: StepExplanation) -> Document.Section {
    let uncertainty = explanation.uncertainty
    struct Line {
      let name: String
      let probability: Double
      let slack: OperationSlack
    }
    var lines: [Line] = []
    for slack in explanation.slack {
      let probability = uncertainty.criticality.first { $0.role == slack.role && $0.phase == slack.phase }?.probability
      lines.append(
        Line(name: slack.role.rawValue + slack.phase.rawValue, probability: probability ?? 0, slack: slack))
    }
    lines.sort { ($1.probability, $1.slack.criticalSeconds) < ($0.probability, $0.slack.criticalSeconds) }
    let (shown, rest) = (lines.prefix(Self.shownOperations), lines.dropFirst(Self.shownOperations))
    return .init(
      "How Sure It Is", level: 3,
      [
        .paragraph(
          "In \(uncertainty.draws) draws of all operations' times the step takes \(Quantity.time(uncertainty.p5)) (5 %), "
            + "\(Quantity.time(uncertainty.p50)) (50 %), \(Quantity.time(uncertainty.p95)) (95 %). The draws assume that "
            + "half of each time's variance is shared by all operations with the same limit and half is its own; the "
            + "interval of the totals above takes all errors to go the same way, and is wider."),
        .table(
          DocumentTable(
            [
              .init("operation"), .init("on the critical path", .right), .init("time, all instances", .right),
              .init("of that without slack", .right), .init("smallest slack", .right),
            ],
            rows: shown.map { line in
              [
                line.name, Quantity.percent(line.probability), Quantity.time(line.slack.seconds),
                Quantity.time(line.slack.criticalSeconds), Quantity.time(line.slack.smallest),
              ]
            })),
      ]
        + (rest.isEmpty
          ? []
          : [
            .paragraph(
              "\(Quantity.counted(rest.count, "operation")) of lower rank \(rest.count == 1 ? "is" : "are") left out, together "
                + "\(Quantity.time(rest.reduce(0) { $0 + $1.slack.seconds })).")
          ]))
  }

  private static let shownOperations = 24

  // MARK: What-ifs

  private func whatWouldHelp(_ explanation: StepExplanation) -> Document.Section {
    let makespan = estimate.schedule.makespan
    func fields(_ seconds: Double, _ saved: Double) -> [String] {
      [Quantity.time(makespan), Quantity.time(seconds), Quantity.time(saved), Quantity.percent(saved / makespan)]
    }
    let columns: [DocumentTable.Column] = [
      .init("before", .right), .init("after", .right), .init("saved", .right), .init("of the step", .right),
    ]
    var blocks: [Document.Block] = []
    if !explanation.answers.isEmpty {
      blocks += [
        .paragraph("What was asked, each solved again:"),
        .table(
          DocumentTable(
            [.init("change")] + columns, rows: explanation.answers.map { [$0.change] + fields($0.makespan, $0.saved) })),
      ]
    }
    let useful = explanation.whatIfs.filter { $0.saved > 0 }
    let shown = useful.prefix(10)
    blocks += [
      .paragraph(
        "What the step would gain if one operation took \(Quantity.percent(1 - StepExplanation.factor)) less wherever it "
          + "stands, found by solving the schedule again:"),
      .table(
        DocumentTable(
          [.init("operation")] + columns, rows: shown.map { [$0.role.rawValue] + fields($0.makespan, $0.saved) })),
    ]
    let without = explanation.whatIfs.count { $0.saved <= 0 }
    var rest =
      useful.count > shown.count
      ? "\(useful.count - shown.count) more gain\(useful.count - shown.count == 1 ? "s" : "") less" : ""
    if without > 0 {
      rest += (rest.isEmpty ? "" : "; ") + "\(without) would gain nothing, as other work hides them"
    }
    if !rest.isEmpty { blocks.append(.paragraph("\(rest).")) }
    return .init("What Would Help", level: 3, blocks)
  }
}
