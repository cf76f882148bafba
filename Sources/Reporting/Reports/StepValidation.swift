public import DataFiles
public import DeviceModels
public import GEMMTiming
internal import ModelFiles
public import TransformerModels

/// Measured training steps beside their forecasts, and where the forecast time goes.
public struct StepValidation: Sendable {
  /// The steps and their forecasts, by where they come from.
  public let report: ValidationReport
  /// For each of the report's rows what the makespan goes to on the GPUs of an average stage.
  public let expenses: [Expenses]

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
    var rows: [ValidationRow] = []
    var expenses: [Expenses] = []
    for (index, run) in try EndToEndRun.read(document).enumerated() where isIncluded(run.device) {
      let timeModel: any GEMMTimeModel
      if let known = models[run.device] { timeModel = known } else { timeModel = try model(run.device) }
      models[run.device] = timeModel
      do throws(ModelError) {
        let estimate = try StepEstimate(model: run.model, plan: run.plan, options: run.options, timeModel: timeModel)
        let forecast = estimate.totals.schedule
        rows.append(
          ValidationRow(
            row: index, device: run.device, label: run.source, measured: run.seconds, predicted: forecast.seconds,
            low: forecast.low, high: forecast.high))
        expenses.append(.mean(estimate.stageExpenses))
      } catch {
        throw document.error(row: index, problem: error.description)
      }
    }
    report = ValidationReport(document, kind: .endToEnd, rows: rows)
    self.expenses = expenses
  }
}
