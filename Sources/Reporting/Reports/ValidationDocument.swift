internal import DataFiles
public import DeviceModels
internal import HostModels
internal import ModelStatistics
internal import TransformerModels

/// What predictions are worth against measured rows, as tables for people, as CSV and JSON, and an ablation's steps side
/// by side.
public enum ValidationDocument {
  /// One model against one file.
  public struct Step: Sendable {
    /// What the model knows.
    public let name: String
    /// Its predictions beside the measurements.
    public let report: ValidationReport
    /// For each row of training steps where the forecast time goes; empty for rows of other kinds.
    let expenses: [Expenses]

    /// A model and its report.
    public init(name: String, report: ValidationReport) {
      (self.name, self.report, expenses) = (name, report, [])
    }

    /// A model and its forecasts of training steps.
    public init(name: String, steps: StepValidation) {
      (self.name, report, expenses) = (name, steps.report, steps.expenses)
    }

    /// The parts of the forecast time of a group's rows together, one for each activity: they add up to 1.
    ///
    /// nil for rows that are no training steps.
    fileprivate func parts(of group: ValidationReport.Group) -> [Double]? {
      guard !expenses.isEmpty else { return nil }
      return ValidationDocument.parts(.sum(zip(report.rows, expenses).filter { group.holds($0.0) }.map(\.1)))
    }
  }

  private static let figures: [DocumentTable.Column] = [
    .init("rows", .right), .init("mean |error| %", .right), .init("median %", .right), .init("p90 %", .right),
    .init("worst %", .right), .init("bias %", .right), .init("in 90 % interval", .right),
  ]

  /// Statistics by device, operation and size class, and over all rows; of training steps also where the time goes.
  public static func summary(_ step: Step, of file: String) -> Document {
    let groups = step.report.groups
    let rows = groups.map { names($0) + [$0.sizeClass ?? "all"] + fields($0.statistics) }
    let titles: [DocumentTable.Column] = [
      .init("device"), .init(step.report.kind == .endToEnd ? "source" : "operation"),
    ]
    var sections: [Document.Section] = [
      .init(
        "Errors",
        [
          .table(DocumentTable(titles + [.init("size")] + figures, rows: rows)),
          .paragraph(explanation),
        ])
    ]
    sections += hostSections(step.report, titles + [.init("size")])
    let parts = groups.compactMap { group in step.parts(of: group).map { names(group) + $0.map(Quantity.percent) } }
    if !parts.isEmpty {
      let columns = Activity.allCases.map { DocumentTable.Column($0.shortTitle, .right) }
      sections.append(
        .init(
          "Where the time is predicted to go",
          [
            .table(DocumentTable(titles + columns, rows: parts)),
            .paragraph(partsExplained),
          ]))
    }
    return Document(title: "Validation of \(file)", sections: sections)
  }

  /// What only rows of hosts have: errors of fits that had not seen them, streams, and rows that no fit is of.
  private static func hostSections(
    _ report: ValidationReport, _ titles: [DocumentTable.Column]
  ) -> [Document.Section] {
    var sections: [Document.Section] = []
    let heldOut = report.groups.compactMap { group in
      group.heldOut.map { names(group) + [group.sizeClass ?? "all"] + fields($0) }
    }
    if !heldOut.isEmpty {
      sections.append(
        .init(
          "Held-out errors",
          [.table(DocumentTable(titles + figures, rows: heldOut)), .paragraph(heldOutExplained)]))
    }
    let streams = report.streams.map { names($0) + [$0.sizeClass ?? "all"] + fields($0.statistics) }
    if !streams.isEmpty {
      sections.append(
        .init(
          "Streams",
          [.table(DocumentTable(titles + figures, rows: streams)), .paragraph(streamsExplained)]))
    }
    if !report.unjudged.isEmpty {
      let rows = report.unjudged.map { [$0.rows, String($0.count)] }
      sections.append(
        .init(
          "Not judged",
          [
            .table(DocumentTable([.init("rows of"), .init("rows", .right)], rows: rows)),
            .paragraph("No fit is of these: their threads, cache state, type or library differ from every fit's."),
          ]))
    }
    return sections
  }

  /// The steps of an ablation for each device, each step including those before it.
  public static func ablation(_ steps: [Step], of file: String) -> Document {
    var rows: [[String]] = []
    for device in steps.first?.report.devices ?? [] {
      for step in steps {
        guard let statistics = step.report.statistics({ $0.device == device }) else { continue }
        rows.append([device, step.name] + fields(statistics))
      }
    }
    return Document(
      title: "Ablation on \(file)",
      sections: [
        .init(
          "What each step contributes",
          [
            .table(DocumentTable([.init("device"), .init("model")] + figures, rows: rows)), .paragraph(explanation),
          ])
      ])
  }

  /// The groups of each step as a JSON array, errors and parts of the forecast time as fractions.
  public static func json(_ steps: [Step]) -> String {
    func name(_ text: String?) -> JSONText { text.map(JSONText.string) ?? .null }
    return JSONText.array(
      steps.flatMap { step in
        (step.report.groups + step.report.streams).map { group in
          let error = group.statistics
          let parts = step.parts(of: group).map { parts in
            ("parts", JSONText.object(zip(Activity.allCases, parts).map { ($0.rawValue, .number($1)) }))
          }
          let heldOut = group.heldOut.map { heldOut in
            [
              ("held_out_rows", JSONText.integer(heldOut.count)), ("held_out_mean_error", .number(heldOut.mean)),
              ("held_out_median_error", .number(heldOut.median)), ("held_out_p90_error", .number(heldOut.p90)),
            ]
          }
          return .object(
            [
              ("model", .string(step.name)), ("device", name(group.device)), ("operation", name(group.label)),
              ("size", name(group.sizeClass)), ("rows", .integer(error.count)), ("mean_error", .number(error.mean)),
              ("median_error", .number(error.median)), ("p90_error", .number(error.p90)),
              ("worst_error", .number(error.worst)), ("bias", .number(error.bias)),
              ("coverage", .number(error.coverage)),
            ] + (heldOut ?? []) + [parts].compactMap(\.self))
        }
      }
    ).text
  }

  /// The measured rows' own columns and the predictions; of training steps also the percentage of the forecast time
  /// that goes to each activity.
  public static func csv(_ step: Step) -> String {
    guard !step.expenses.isEmpty else { return step.report.csv() }
    return step.report.csv(columns: Activity.allCases.map { "\($0.rawValue)_percent" }) { row in
      parts(step.expenses[row]).map { FixedPoint.text(100 * $0, decimals: 2) }
    }
  }

  private static func parts(_ expenses: Expenses) -> [Double] {
    let total = expenses.total
    return Activity.allCases.map { total > 0 ? expenses[$0] / total : 0 }
  }

  private static let explanation =
    "Errors are predicted over measured time less 1; bias is their mean with its sign, above 0 where predictions are too "
    + "long. 90 % of the rows should lie in the 90 % prediction interval."

  private static let heldOutExplained =
    "These rows taught the fit. The errors above are what it leaves of them. The errors here are those of fits that had not "
    + "seen the row, as for shapes that nobody measured. The share in the 90 % interval is of these fits, in both tables."

  private static let streamsExplained =
    "Copies and axpys of the host's table, predicted from their bytes by the fit's streaming curve. They do not count "
    + "among all rows."

  private static let partsExplained =
    "On the GPUs of an average stage, all steps together. Of exchanges and of the host's launching only what no computation "
    + "covers counts; the bubble is what a stage waits for others."

  private static func names(_ group: ValidationReport.Group) -> [String] {
    [group.device ?? "all", group.label ?? "all"]
  }

  private static func fields(_ error: ErrorStatistics) -> [String] {
    [String(error.count)]
      + [error.mean, error.median, error.p90, error.worst, error.bias, error.coverage].map {
        FixedPoint.text(100 * $0, decimals: 2)
      }
  }
}
