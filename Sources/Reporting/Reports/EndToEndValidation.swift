public import DataFiles
public import GEMMTiming
public import RooflineModels
public import TransformerModels

/// Measured training steps beside their forecasts, and where the forecast time goes.
public struct EndToEndValidation: Sendable {
  /// One measured step and its forecast.
  public struct Row: Sendable {
    /// The row of the file, from 0.
    public let index: Int
    /// What was run.
    public let run: EndToEndRun
    /// The forecast by the step's schedule.
    public let forecast: TimeInterval90
    /// What the seconds along the schedule's chain go to.
    public let composition: StepAnalysis.Composition
  }

  /// The rows in the file's order.
  public let rows: [Row]
  private let document: CSVDocument

  /// Forecasts every run of a file.
  ///
  /// - Parameters:
  ///   - document: a table of runs, as `EndToEndRun` reads it.
  ///   - isIncluded: which devices to look at.
  ///   - model: the time model of a device by the name that the file uses; asked once a device.
  /// - Throws: `FileError` for a malformed file, and at the row that a device cannot do.
  public init(
    _ document: CSVDocument, where isIncluded: (String) -> Bool = { _ in true },
    model: (String) throws(FileError) -> any GEMMTimeModel
  ) throws(FileError) {
    var models: [String: any GEMMTimeModel] = [:]
    var rows: [Row] = []
    for (index, run) in try EndToEndRun.read(document).enumerated() where isIncluded(run.device) {
      let timeModel: any GEMMTimeModel
      if let known = models[run.device] { timeModel = known } else { timeModel = try model(run.device) }
      models[run.device] = timeModel
      do throws(ModelError) {
        let estimate = try StepEstimate(model: run.model, plan: run.plan, options: run.options, timeModel: timeModel)
        rows.append(
          Row(
            index: index, run: run, forecast: estimate.totals.schedule,
            composition: try StepAnalysis(estimate, timeModel: timeModel).composition))
      } catch {
        throw document.error(row: index, problem: error.description)
      }
    }
    self.rows = rows
    self.document = document
  }

  /// Statistics over the rows of one source, or of all; nil when there are none.
  public func statistics(source: String? = nil) -> ErrorStatistics? {
    ErrorStatistics(
      rows.lazy.filter { source == nil || $0.run.source == source }.map {
        ($0.run.seconds, $0.forecast.seconds, $0.forecast.low, $0.forecast.high)
      })
  }

  /// The sources, each once, in order of appearance.
  public var sources: [String] {
    var seen: Set<String> = []
    return rows.compactMap { seen.insert($0.run.source).inserted ? $0.run.source : nil }
  }

  /// The errors by source, and where the time is predicted to go.
  public func summary(of file: String) -> Document {
    let groups: [String?] = sources + [nil]
    let errors = groups.compactMap { source -> [String]? in
      guard let error = statistics(source: source) else { return nil }
      let figures = [error.mean, error.median, error.p90, error.worst, error.bias, error.coverage]
      return [source ?? "all", String(error.count)] + figures.map { FixedPoint.text(100 * $0, decimals: 2) }
    }
    let breakdown = groups.map { source -> [String] in
      let chosen = rows.filter { source == nil || $0.run.source == source }
      let total = chosen.reduce(0) { $0 + $1.composition.total }
      let parts: [(StepAnalysis.Composition) -> Double] = [
        { $0.products }, { $0.memoryPasses }, { $0.tensorCommunication }, { $0.pipelineCommunication },
        { $0.dataCommunication },
      ]
      return [source ?? "all"]
        + parts.map { part in Quantity.percent(total > 0 ? chosen.reduce(0) { $0 + part($1.composition) } / total : 0) }
    }
    return Document(
      title: "Validation of \(file)",
      sections: [
        .init(
          "Errors",
          [
            .table(
              DocumentTable(
                [
                  .init("source"), .init("steps", .right), .init("mean |error| %", .right), .init("median %", .right),
                  .init("p90 %", .right), .init("worst %", .right), .init("bias %", .right),
                  .init("in 90 % interval", .right),
                ], rows: errors)),
            .paragraph("Errors are forecast over measured time less 1; bias is their mean with its sign."),
          ]),
        .init(
          "Where the time is predicted to go",
          [
            .table(
              DocumentTable(
                [
                  .init("source"), .init("matrix products", .right), .init("passes over memory", .right),
                  .init("tensor exchange", .right), .init("stage to stage", .right), .init("replicas", .right),
                ], rows: breakdown)),
            .paragraph("Along the chain of operations that determines each step's time, all steps together."),
          ]),
      ])
  }

  /// The measured rows' own columns, then `predicted_s,predicted_lo_s,predicted_hi_s,error_percent`.
  public func csv() -> String {
    CSVDocument.serialize(
      header: document.header + ["predicted_s", "predicted_lo_s", "predicted_hi_s", "error_percent"],
      rows: rows.lazy.map { row in
        let times = [row.forecast.seconds, row.forecast.low, row.forecast.high]
        return document.rows[row.index] + times.map { FixedPoint.text($0, decimals: 6) }
          + [FixedPoint.text(100 * (row.forecast.seconds / row.run.seconds - 1), decimals: 2)]
      })
  }
}
