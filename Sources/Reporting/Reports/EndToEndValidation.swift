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
    /// What the makespan goes to on the GPUs of an average stage.
    public let expenses: Expenses
  }

  /// The rows in the file's order.
  public let rows: [Row]
  let document: CSVDocument

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
            index: index, run: run, forecast: estimate.totals.schedule, expenses: .mean(estimate.stageExpenses)))
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
      rows(of: source).map { ($0.run.seconds, $0.forecast.seconds, $0.forecast.low, $0.forecast.high) })
  }

  /// The sources, each once, in order of appearance.
  public var sources: [String] {
    var seen: Set<String> = []
    return rows.compactMap { seen.insert($0.run.source).inserted ? $0.run.source : nil }
  }

  /// The rows of one source, or all.
  func rows(of source: String?) -> [Row] { rows.filter { source == nil || $0.run.source == source } }

  /// Where the forecast time goes over the rows of one source, or of all: seconds of all steps together, on an average
  /// stage of each.
  public func expenses(source: String? = nil) -> Expenses { .sum(rows(of: source).map(\.expenses)) }
}
