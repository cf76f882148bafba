internal import DataFiles
internal import RooflineModels
internal import TransformerModels

extension EndToEndValidation {
  private var groups: [String?] { sources + [nil] }

  /// The errors by source, and where the time is predicted to go.
  public func summary(of file: String) -> Document {
    let errors = groups.compactMap { source -> [String]? in
      guard let error = statistics(source: source) else { return nil }
      let figures = [error.mean, error.median, error.p90, error.worst, error.bias, error.coverage]
      return [source ?? "all", String(error.count)] + figures.map { FixedPoint.text(100 * $0, decimals: 2) }
    }
    let breakdowns = groups.map { source in
      [source ?? "all"] + Self.parts(expenses(source: source)).map(Quantity.percent)
    }
    let titles = ["steps", "mean |error| %", "median %", "p90 %", "worst %", "bias %", "in 90 % interval"]
    return Document(
      title: "Validation of \(file)",
      sections: [
        .init("Errors", [Self.table(titles, rows: errors), .paragraph(Self.errorsExplained)]),
        .init(
          "Where the time is predicted to go",
          [Self.table(Activity.allCases.map(\.title), rows: breakdowns), .paragraph(Self.partsExplained)]),
      ])
  }

  /// The groups as a JSON array: errors and parts of the forecast time, as fractions.
  public func json() -> String {
    JSONText.array(
      groups.compactMap { source in
        guard let error = statistics(source: source) else { return nil }
        let parts = zip(Activity.allCases, Self.parts(expenses(source: source))).map {
          ($0.rawValue, JSONText.number($1))
        }
        return .object([
          ("source", source.map(JSONText.string) ?? .null), ("steps", .integer(error.count)),
          ("mean_error", .number(error.mean)), ("median_error", .number(error.median)),
          ("p90_error", .number(error.p90)), ("worst_error", .number(error.worst)), ("bias", .number(error.bias)),
          ("coverage", .number(error.coverage)), ("parts", .object(parts)),
        ])
      }
    ).text
  }

  /// The measured rows' own columns, then `predicted_s,predicted_lo_s,predicted_hi_s,error_percent`, then the percentage
  /// of the forecast time that goes to each part.
  public func csv() -> String {
    CSVDocument.serialize(
      header: document.header + ["predicted_s", "predicted_lo_s", "predicted_hi_s", "error_percent"]
        + Activity.allCases.map { "\($0.rawValue)_percent" },
      rows: rows.lazy.map { row in
        let times = [row.forecast.seconds, row.forecast.low, row.forecast.high]
        return document.rows[row.index] + times.map { FixedPoint.text($0, decimals: 6) }
          + [FixedPoint.text(100 * (row.forecast.seconds / row.run.seconds - 1), decimals: 2)]
          + Self.parts(row.expenses).map { FixedPoint.text(100 * $0, decimals: 2) }
      })
  }

  /// Each activity's part, in 0...1; they add up to 1.
  private static func parts(_ expenses: Expenses) -> [Double] {
    let total = expenses.total
    return Activity.allCases.map { total > 0 ? expenses[$0] / total : 0 }
  }

  private static func table(_ titles: [String], rows: [[String]]) -> Document.Block {
    .table(DocumentTable([.init("source")] + titles.map { .init($0, .right) }, rows: rows))
  }

  private static let errorsExplained =
    "Errors are forecast over measured time less 1; bias is their mean with its sign, above 0 where forecasts are too long. "
    + "90 % of the measured times should lie in the 90 % interval."

  private static let partsExplained =
    "On the GPUs of an average stage, all steps together. Of exchanges and of the host's launching only what no computation "
    + "covers counts; the bubble is what a stage waits for others."
}
