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
    /// The part of the makespan that an average stage waits for others, in 0...1.
    public let bubble: Double
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
        let analysis = try StepAnalysis(estimate, timeModel: timeModel)
        rows.append(
          Row(
            index: index, run: run, forecast: estimate.totals.schedule, composition: analysis.composition,
            bubble: analysis.bubble))
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

  /// Where the forecast time goes over the rows of one source, or of all: by part in 0...1, in the order of
  /// ``Part/allCases``.
  ///
  /// Seconds of all steps together; the bubble is not a part of the chain, and stands beside the others.
  public func breakdown(source: String? = nil) -> [Double] {
    let chosen = rows(of: source)
    let total = chosen.reduce(0) { $0 + $1.composition.total }
    return Part.allCases.map { part in total > 0 ? chosen.reduce(0) { $0 + part.seconds($1) } / total : 0 }
  }

  /// What forecast time goes to.
  public enum Part: String, Sendable, CaseIterable {
    case products, memory, tensor, pipeline, data, launch, bubble

    /// The heading of its column.
    var title: String {
      switch self {
      case .products: "matrix products"
      case .memory: "passes over memory"
      case .tensor: "tensor exchange"
      case .pipeline: "stage to stage"
      case .data: "replicas"
      case .launch: "launching"
      case .bubble: "bubble"
      }
    }

    /// Its seconds in one step.
    func seconds(_ row: Row) -> Double {
      switch self {
      case .products: row.composition.products
      case .memory: row.composition.memoryPasses
      case .tensor: row.composition.tensorCommunication
      case .pipeline: row.composition.pipelineCommunication
      case .data: row.composition.dataCommunication
      case .launch: row.composition.dispatch
      case .bubble: row.bubble * row.forecast.seconds
      }
    }
  }
}
