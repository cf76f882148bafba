internal import GEMMTiming
internal import TransformerModels

// Memory as the schedule fills and frees it, and what would make the step fit.
extension RuntimeReport {
  func memorySections(_ explanation: StepExplanation) -> [Document.Section] {
    let timelines = explanation.memory
    let shown = timelines.filter { timelines.count <= 8 || $0.stage < 4 || $0.stage >= timelines.count - 4 }
    let table = DocumentTable(
      [
        .init("memory of one GPU"), .init("stays", .right), .init("peak", .right), .init("of capacity", .right),
        .init("at", .right), .init("during"),
      ],
      rows: shown.map { timeline in
        let peak = timeline.peak
        let bytes = peak?.bytes ?? timeline.persistent
        return [
          "stage \(timeline.stage)", Quantity.bytes(timeline.persistent), Quantity.bytes(bytes),
          Quantity.percent(bytes / memory.capacity), Quantity.time(peak?.seconds ?? 0),
          peak.map { Self.pass($0.cell) } ?? "",
        ]
      })
    return [
      .init(
        "Memory over Time", level: 3,
        [.paragraph(peakSentence(timelines)), .table(table)] + remedyBlocks(explanation.remedies))
    ]
  }

  static func pass(_ cell: PipelineCell) -> String {
    cell.kind == .update ? "update" : "\(cell.kind.title) of micro-batch \(cell.microBatch)"
  }

  private func peakSentence(_ timelines: [MemoryTimeline]) -> String {
    let worst = timelines.max { ($0.peak?.bytes ?? $0.persistent) < ($1.peak?.bytes ?? $1.persistent) }
    guard let worst, let peak = worst.peak else { return "Nothing fills memory." }
    return "The most is held on stage \(worst.stage): \(Quantity.bytes(peak.bytes)) of "
      + "\(Quantity.bytes(memory.capacity)), first after \(Quantity.time(peak.seconds)) during \(Self.pass(peak.cell)). "
      + "\(Quantity.bytes(worst.persistent)) of it stay through the step; the rest comes and goes with the passes."
      + (timelines.count > 8 ? " Of \(timelines.count) stages the first and the last four are listed." : "")
  }

  private func remedyBlocks(_ remedies: [StepExplanation.PricedRemedy]) -> [Document.Block] {
    if memory.fits { return [.paragraph("It fits as it is.")] }
    guard let first = remedies.first else {
      return [
        .paragraph(
          "No change of micro-batches, attention, recomputation, sequence parallelism or ZeRO makes it fit, nor any two "
            + "of them together: "
            + (memory.largestBatch.map { "a batch of \($0.batch) fits, or m" } ?? "m")
            + "ore tensor or pipeline parallelism is needed.")
      ]
    }
    let changes = Self.changes(first.remedy)
    let count = first.remedy.changes.count
    return [
      .paragraph(
        "It does not fit. The smallest change that does, found by trying: \(changes), with which the worst stage needs "
          + "\(Quantity.bytes(first.remedy.worst.total)). "
          + (count == 1 ? "All single changes" : "No single change is enough; all pairs") + " that make it fit:"),
      .table(
        DocumentTable(
          [.init("change"), .init("worst stage needs", .right), .init("step then", .right)],
          rows: remedies.map {
            [
              Self.changes($0.remedy), Quantity.bytes($0.remedy.worst.total),
              $0.makespan.map(Quantity.time) ?? "not forecast, too long",
            ]
          })),
    ]
  }

  static func changes(_ remedy: MemoryRemedy) -> String {
    remedy.changes.map(\.description).joined(separator: " and ")
  }
}
