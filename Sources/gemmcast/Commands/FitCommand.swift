internal import ArgumentParser
internal import DataFiles
internal import GEMMTiming
internal import HostCalibration
internal import Reporting
internal import RooflineModels

/// `gemmcast fit`: a timing table in, a fitted model and its held-out error out.
struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fit Get_Time to a timing table and report its held-out error.",
    discussion: """
      One model for each device, element type, thread count and cache state of the table. The error is that of shapes \
      that the fit has not seen, beside what repeating the measurement would differ by.

        gemmcast fit host.csv --output host.json
        gemmcast fit host.csv --report --format markdown
        gemmcast fit h100.csv --device h100-sxm-80gb --source "our own rows" --output fits.json

      With --device, what the rows teach about that GPU beyond its device file: entries for the file's gemm_fits.
      """)

  @Argument(help: ArgumentHelp("A timing table (CSV).", valueName: "table"))
  var table: String

  @Option(help: ArgumentHelp("Where the fitted model goes (JSON); - is standard output.", valueName: "file"))
  var output: String?

  @Flag(help: "Say more: worst shapes, place on the roofline, thin regions.")
  var report = false

  @Option(help: "The form of the report: text or markdown.")
  var format: OutputOptions.Format = .text

  @Option(help: ArgumentHelp("Parts of the held-out test.", valueName: "number"))
  var folds = 10

  @Option(help: ArgumentHelp("Decides how shapes are dealt into the parts.", valueName: "number"))
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp("Learn from the rows of this GPU what its device file may carry.", valueName: "name|file"))
  var device: String?

  @Option(help: "With --device: what the rows are, for the readers of the device file.")
  var source: String?

  func validate() throws {
    if device == nil, source != nil { throw ValidationError("--source goes with --device") }
  }

  func run() throws {
    if let device {
      try teach(DeviceSpecification.find(device))
      return
    }
    guard [.text, .markdown].contains(format) else {
      throw ValidationError("the report of fit is text or markdown; --format is \(format.rawValue)")
    }
    let measured = try TimingTable(contentsOf: table)
    let models: [FittedModel]
    do throws(FitError) {
      models = try FittedModel.fit(measured, solver: LAPACKSolver(), options: FitOptions(folds: folds, seed: seed))
    } catch {
      throw Failure(Failure.Status.badData, "\(table): \(error)")
    }
    let document = Document(fits: models.map { $0.report() }, table: table, detail: report ? .full : .summary)
    let text = format == .markdown ? document.markdown() : document.text()
    switch output {
    case "-":
      try OutputOptions.print(FittedModel.json(models))
      Diagnostics.text(text)
    case let path?:
      try FittedModel.write(models, to: path)
      try OutputOptions.print(text)
      Diagnostics.note("the fitted model is in \(path)")
    case nil: try OutputOptions.print(text)
    }
  }

  /// Writes the `gemm_fits` that the table's rows of a GPU teach.
  private func teach(_ specification: DeviceSpecification) throws {
    let rows = try TimingTable(contentsOf: table).rows.filter { $0.device == specification.name }
    guard !rows.isEmpty else { throw Failure(Failure.Status.badData, "\(table): has no rows of \(specification.name)") }
    let inputs = try MeasuredInputs(TableOptions.parse([]), devices: [specification.name])
    guard let host = try inputs.hostModel(threads: nil) else {
      throw Failure(Failure.Status.noInput, "no timing table of a host is at hand; run `gemmcast calibrate`")
    }
    let fits = try DeviceModel(specification: specification, shape: host.rooflineShape)
      .gemmFits(taughtBy: rows, source: source ?? table, solver: LAPACKSolver())
    try OutputOptions.write(JSONText.array(fits.map(\.json)).text, to: output ?? "-")
  }
}
