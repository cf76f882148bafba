internal import DataFiles
public import RooflineModels

/// What predictions are worth against measured rows, as tables for people, as JSON, and an ablation's steps side by side.
public enum ValidationDocument {
  /// One model against one file.
  public struct Step: Sendable {
    /// What the model knows.
    public var name: String
    /// Its predictions beside the measurements.
    public var report: ValidationReport

    /// A model and its report.
    public init(name: String, report: ValidationReport) {
      self.name = name
      self.report = report
    }
  }

  private static let figures: [DocumentTable.Column] = [
    .init("rows", .right), .init("mean |error| %", .right), .init("median %", .right), .init("p90 %", .right),
    .init("bias %", .right), .init("in 90 % interval", .right),
  ]

  /// Statistics by device, operation and size class, and over all rows.
  public static func summary(_ step: Step, of file: String) -> Document {
    var rows = step.report.groups.map { group in
      [group.device, group.label, group.sizeClass ?? "all"] + fields(group.statistics)
    }
    if let overall = step.report.overall { rows.append(["all", "all", "all"] + fields(overall)) }
    return Document(
      title: "Validation of \(file)",
      sections: [
        .init(
          "Errors",
          [
            .table(DocumentTable([.init("device"), .init("operation"), .init("size")] + figures, rows: rows)),
            .paragraph(explanation),
          ])
      ])
  }

  /// The steps of an ablation for each device, each step including those before it.
  public static func ablation(_ steps: [Step], of file: String) -> Document {
    var rows: [[String]] = []
    for device in steps.first?.report.table.devices ?? [] {
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

  /// The groups of each step as a JSON array, errors as fractions.
  public static func json(_ steps: [Step]) -> String {
    JSONText.array(
      steps.flatMap { step in
        step.report.groups.map { group in
          .object([
            ("model", .string(step.name)), ("device", .string(group.device)), ("operation", .string(group.label)),
            ("size", group.sizeClass.map(JSONText.string) ?? .null), ("rows", .integer(group.statistics.count)),
            ("mean_error", .number(group.statistics.mean)), ("median_error", .number(group.statistics.median)),
            ("p90_error", .number(group.statistics.p90)), ("bias", .number(group.statistics.bias)),
            ("coverage", .number(group.statistics.coverage)),
          ])
        }
      }
    ).text
  }

  private static let explanation =
    "Errors are predicted over measured time less 1; bias is their mean with its sign, above 0 where predictions are too "
    + "long. 90 % of the rows should lie in the 90 % prediction interval."

  private static func fields(_ statistics: ErrorStatistics) -> [String] {
    [String(statistics.count)]
      + [statistics.mean, statistics.median, statistics.p90, statistics.bias, statistics.coverage].map {
        FixedPoint.text(100 * $0, decimals: 1)
      }
  }
}
