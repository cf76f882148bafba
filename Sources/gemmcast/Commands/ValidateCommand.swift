internal import ArgumentParser
internal import DataFiles
internal import DeviceModels
internal import GEMMTiming
internal import HostCalibration
internal import HostModels
internal import ModelStatistics
internal import Reporting
internal import TransformerModels

/// `gemmcast validate`: measured rows in, predicted beside measured and error statistics out.
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Compare predictions with measured times.",
    discussion: """
      The header tells what the rows are: GEMMs, collectives, passes over memory, operations of a layer, fused attention, or whole training steps. Each row is \
      predicted on the device that it names: a built-in one, the one of --device FILE, or the measured host. Rows in a \
      file given with --table refine the model of their device first. A host's row is judged by the fit of its own \
      threads and cache state, copies and axpys as passes over memory, apart; what a row taught the fit is shown beside \
      what a fit says that has not seen it.

        gemmcast validate measured.csv
        gemmcast validate measured.csv --format csv --output predicted.csv
        gemmcast validate measured.csv --ablation --max-mape 10
        gemmcast validate measured.csv --own-rows 64
        gemmcast validate attention.csv --attention-kernel serving

      With --step FILE, a profiler's trace of a step beside its forecast, operation by operation, the largest gap first; \
      MODEL and the options of the forecast are those of estimate, and `gemmcast validate --step --help` lists them:

        gemmcast validate --step trace.json llama-3.1-8b --mode prefill --attention fused --batch 1 --seq 4096
      """)

  enum Format: String, OutputFormat { case text, markdown, json, csv }

  @Argument(help: ArgumentHelp("A file of measured times (CSV).", valueName: "measured"))
  var file: String

  @Option(
    help: ArgumentHelp(
      "Only the rows of this device; a device file serves for the rows of its name.", valueName: "name|file|host"))
  var device: String?

  @Option(
    name: .customLong("max-mape"),
    help: ArgumentHelp(
      "Exit with code 1 when the mean absolute error over all rows is above this, without copies and axpys of a host's table.",
      valueName: "percent"))
  var maximumError: Double?

  @Flag(
    help: "Show step by step what the specification, the host's fit, tiles and waves, and measured rows contribute.")
  var ablation = false

  @Option(
    help: ArgumentHelp(
      "Let the plan of each device choose so many of its GEMMs, refine the device's model by them, and judge by the rest.",
      valueName: "count"))
  var ownRows: Int?

  @Option(
    help: ArgumentHelp(
      "Decides what --own-rows looks at in files of more than 1500 rows of a device.", valueName: "number"))
  var seed: UInt64 = 1

  @OptionGroup var attention: AttentionOptions
  @OptionGroup var tables: TableOptions
  @OptionGroup var output: OutputOptions<Format>

  func validate() throws {
    if let maximumError, !(maximumError >= 0 && maximumError.isFinite) {
      throw ValidationError("--max-mape is \(maximumError); a percentage of at least 0 is expected")
    }
    if let ownRows, ownRows < 1 {
      throw ValidationError("--own-rows is \(ownRows); a whole number above 0 is expected")
    }
    if ablation, output.format == .csv { throw ValidationError("--format csv gives every row; leave --ablation out") }
  }

  func run() throws {
    let custom = try device.flatMap { $0 == "host" ? nil : try DeviceSpecification.find($0) }
    let measured = try MeasuredTable(contentsOf: file, columns: ModelConfiguration.columns(of:))
    if attention.attentionKernel != nil, ![.attention, .endToEnd].contains(measured.kind) {
      throw Failure.usage("--attention-kernel is of attention; \(file) has rows of \(measured.kind.rawValue)")
    }
    let models = try ValidationModels(tables: tables, custom: custom, attention: attention)
    for lesson in models.lessons { Diagnostics.note(lesson) }
    let only = try device.map { try $0 == "host" ? models.hostName() : custom?.name ?? $0 }
    let steps =
      measured.kind == .endToEnd
      ? try trainingSteps(measured.document, models: models, only: only)
      : try operations(measured, models: models, only: only)
    for rows in steps.last?.report.unjudged ?? [] {
      let count = rows.count == 1 ? "1 row" : "\(rows.count) rows"
      Diagnostics.warning("not judged, as no fit is of these: \(rows.rows), \(count)")
    }
    try write(steps)
    try judge(steps.last?.report.overall)
  }

  /// Rows of single operations.
  private func operations(
    _ table: MeasuredTable, models: ValidationModels, only: String?
  ) throws -> [ValidationDocument.Step] {
    var measured = table.filtered { only == nil || $0.device == only }
    if measured.entries.isEmpty { throw noRows(of: only) }
    var levels = ablation ? models.ablation : [models.best]
    if let ownRows {
      let own = try models.ownRows(of: measured, count: ownRows, seed: seed, in: file)
      measured = own.rest
      levels =
        ablation
        ? levels + models.levels(planned: ownRows, own.taught)
        : models.levels(planned: ownRows, own.taught).suffix(1)
    }
    let hosts = models.hosts(of: measured)
    return try levels.map { level in
      let report = try ValidationReport(measured, hosts: hosts.verdict(_:of:)) { (device, variant) throws(FileError) in
        try models.model(of: device, variant: variant, level: level, in: file)
      }
      if report.rows.isEmpty { throw noFit(report.unjudged.map(\.rows)) }
      return ValidationDocument.Step(name: level.name, report: report)
    }
  }

  /// Whole training steps: each is built as a DAG and scheduled.
  private func trainingSteps(
    _ document: CSVDocument, models: ValidationModels, only: String?
  ) throws -> [ValidationDocument.Step] {
    if ownRows != nil { throw Failure.usage("--own-rows chooses GEMMs; the rows are training steps") }
    return try (ablation ? models.ablation : [models.best]).map { level in
      let steps = try StepValidation(
        document, where: { only == nil || $0 == only },
        model: { (name) throws(FileError) in
          let model = try models.model(of: name, variant: nil, level: level, in: file)
          return (model as? DeviceModel)?.inSteps ?? model
        })
      if steps.report.rows.isEmpty { throw noRows(of: only) }
      return ValidationDocument.Step(name: level.name, steps: steps)
    }
  }

  private func noFit(_ rows: [String]) -> Failure {
    Failure(
      Failure.Status.badData,
      "\(file): has rows of \(rows.joined(separator: "; ")), and no fit is of these; name their own table with --table")
  }

  private func noRows(of device: String?) -> Failure {
    Failure(Failure.Status.badData, "\(file): has no rows\(device.map { " of \($0)" } ?? "")")
  }

  /// Ends with 1 when the mean error is above the limit.
  private func judge(_ overall: ErrorStatistics?) throws {
    guard let overall else { return }
    if let maximumError, 100 * overall.mean > maximumError {
      Diagnostics.error(
        "the mean absolute error is \(FixedPoint.text(100 * overall.mean, decimals: 2)) %, above --max-mape "
          + FixedPoint.text(maximumError, decimals: 2))
      throw ExitCode(1)
    }
  }

  private func write(_ steps: [ValidationDocument.Step]) throws {
    guard let last = steps.last else { return }
    switch output.format {
    case .csv: try output.write(ValidationDocument.csv(last))
    case .json: try output.write(ValidationDocument.json(steps))
    case .text, .markdown:
      let document =
        ablation ? ValidationDocument.ablation(steps, of: file) : ValidationDocument.summary(last, of: file)
      try output.write(output.format == .markdown ? document.markdown() : document.text())
    }
  }
}
