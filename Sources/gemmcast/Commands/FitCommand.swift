internal import ArgumentParser
internal import DataFiles
internal import DeviceModels
internal import GEMMTiming
internal import HostCalibration
internal import HostModels
internal import LinearSolvers
internal import ModelStatistics
internal import Reporting

/// `gemmcast fit`: a timing table in, a fitted model and its held-out error out.
struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fit Get_Time to a timing table and report its held-out error.",
    discussion: """
      One model for each device, element type, thread count, cache state, library and kernel of the table that has 16 \
      shapes or more. A table that no forecast should rest on is said to be not fit for use, and why. \
      The error is that of shapes that the fit has not seen, beside what repeating the measurement would differ by.

        gemmcast fit host.csv --output host.json
        gemmcast fit host.csv --report --format markdown
        gemmcast fit host.csv --ablation
        gemmcast fit h100.csv --device h100-sxm-80gb --source "our own rows" --output fits.json
        gemmcast fit memory-ops.csv --device h100-sxm-80gb --source "our own rows"
        gemmcast fit nccl.csv --device h100-sxm-80gb --source "NCCL 2.27 on our nodes"
        gemmcast fit --common a100.csv h100.csv l40s.csv --output common.json

      With --device, what the rows teach about that GPU: entries for its device file. The header tells which: GEMMs \
      beyond what the file has make gemm_fits, passes over memory memory_fits, one for each kind, fused attention \
      attention_fits and collectives collective_fits, one for each library that variant names. The held-out errors of \
      the last three go to standard error; of collectives each message size is left out in turn.
      """)

  enum Format: String, OutputFormat { case text, markdown }

  @Argument(help: ArgumentHelp("A timing table (CSV); with --common several.", valueName: "table"))
  var tables: [String]

  @Option(help: ArgumentHelp("Where the fitted model goes (JSON); - is standard output.", valueName: "file"))
  var output: String?

  @Flag(help: "Say more: worst shapes, place on the roofline, thin regions.")
  var report = false

  @Flag(
    help: """
      Instead of a model, what each group of terms and each other part of the fit brings: the held-out error without it, \
      for each group of hot products A·B.
      """)
  var ablation = false

  @Flag(
    help: """
      What GEMM rows of several GPUs have in common, for one that nobody measured: leaves out each GPU in turn, prints how \
      well it is predicted from the others, and writes the parameters to --output.
      """)
  var common = false

  @Option(help: "The form of the report.")
  var format: Format = .text

  @Option(
    help: ArgumentHelp(
      "Parts of the held-out test; ten unless told otherwise, or five of 3,000 shapes and more.", valueName: "number"))
  var folds: Int?

  @Option(help: ArgumentHelp("Decides how shapes are dealt into the parts.", valueName: "number"))
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp("Learn from the rows of this GPU what its device file may carry.", valueName: "name|file"))
  var device: String?

  @Option(help: "With --device or --common: what the rows are, for the readers of the file.")
  var source: String?

  func validate() throws {
    if device == nil, !common, source != nil { throw ValidationError("--source goes with --device or --common") }
    if common {
      let others = [("--ablation", ablation), ("--report", report), ("--device", device != nil)]
      if let other = others.first(where: \.1) { throw ValidationError("\(other.0) does not go with --common") }
    } else if tables.count != 1 {
      throw ValidationError("\(tables.count) tables are named; one is expected without --common")
    }
    guard ablation else { return }
    let others = [("--output", output != nil), ("--report", report), ("--device", device != nil)]
    if let other = others.first(where: \.1) {
      throw ValidationError("\(other.0) does not go with --ablation, which prints its table instead of a model")
    }
  }

  private var table: String { tables.first ?? "" }

  func run() throws {
    if common {
      try fitCommon()
      return
    }
    if let device {
      try teach(DeviceSpecification.find(device))
      return
    }
    let measured = try TimingTable(contentsOf: table)
    try Results.check([output].compactMap(\.self))
    Diagnostics.fitting(measured.rows.count, of: table)
    if ablation {
      try ablate(measured)
      return
    }
    let models: [FittedModel]
    do throws(FitError) {
      models = try FittedModel.fit(measured, solver: LAPACKSolver(), options: FitOptions(folds: folds, seed: seed))
    } catch {
      throw Failure(Failure.Status.badData, "\(table): \(error)")
    }
    for gap in FittedModel.groupsTooSmall(in: measured) { Diagnostics.warning("\(table): \(gap): passed over") }
    let quality = TableQuality(models, rows: measured)
    for defect in quality.defects { Diagnostics.warning("\(table) is not fit for use: \(defect)") }
    let document = Document(
      fits: models.map { $0.report() }, quality: quality, table: table, detail: report ? .full : .summary)
    let text = format == .markdown ? document.markdown() : document.text()
    switch output {
    case "-":
      try Results.print(FittedModel.json(models))
      Diagnostics.text(text)
    case let path?:
      try Results.write(FittedModel.json(models), to: path)
      try Results.print(text)
      Diagnostics.note("the fitted model is in \(path)")
    case nil: try Results.print(text)
    }
  }

  /// Prints how well each GPU is predicted from the others, and writes what all teach.
  private func fitCommon() throws {
    try Results.check([output].compactMap(\.self))
    let fit = try CommonFit(tables)
    let document = try fit.report()
    let text = format == .markdown ? document.markdown() : document.text()
    guard let output else {
      try Results.print(text)
      return
    }
    let json = try fit.common(source: source).json.text
    if output == "-" {
      try Results.print(json)
      Diagnostics.text(text)
    } else {
      try Results.write(json, to: output)
      try Results.print(text)
      Diagnostics.note("the common parameters are in \(output)")
    }
  }

  /// Prints what each group of terms brings, as it comes.
  private func ablate(_ measured: TimingTable) throws {
    var ablations: [Ablation] = []
    var failure = FitError.noGEMMRows
    for group in MeasuredGroup.groups(of: measured) where group.isBase {
      do throws(FitError) {
        let found = try Ablation(
          measured, group: group, solver: LAPACKSolver(), options: FitOptions(folds: folds, seed: seed)
        ) { part in
          Diagnostics.note("\(group): without \(part.name), \(FixedPoint.text(100 * part.all.mean, decimals: 2)) %")
        }
        ablations.append(found)
      } catch {
        failure = error
        Diagnostics.warning("\(table): \(error): passed over")
      }
    }
    guard !ablations.isEmpty else { throw Failure(Failure.Status.badData, "\(table): \(failure)") }
    let document = Document(ablations: ablations, table: table)
    try Results.print(format == .markdown ? document.markdown() : document.text())
  }

  /// Writes the fits that the table's rows of a GPU teach.
  private func teach(_ specification: DeviceSpecification) throws {
    let document = try CSVDocument(contentsOf: table)
    switch MeasuredTable.kind(of: document) {
    case .memory:
      try teach(document, specification) { (entries) throws(SolverError) in
        try specification.memoryFits(taughtBy: entries, source: source ?? table, solver: LAPACKSolver())
          .map { ($0.fit.json, $0.heldOut) }
      }
    case .attention:
      try teach(document, specification) { (entries) throws(SolverError) in
        try specification.attentionFits(taughtBy: entries, source: source ?? table, solver: LAPACKSolver())
          .map { ($0.fit.json, $0.heldOut) }
      }
    case .collective:
      try teach(document, specification) { (entries) throws(SolverError) in
        try specification.collectiveFits(taughtBy: entries, source: source ?? table, solver: LAPACKSolver())
          .map { ($0.fit.json, $0.heldOut) }
      }
    case .layerOperations:
      throw Failure(
        Failure.Status.badData,
        "\(table): holds operations of several kinds, and a device file's entries are fitted one kind at a time; "
          + "give the file to --table of a forecast, or rows of one kind here")
    case .gemm, .endToEnd, nil: try teachGEMMs(specification)
    }
  }

  /// Writes what `fits` makes of the rows of a GPU, and says how it predicts rows that it has not seen.
  private func teach(
    _ document: CSVDocument, _ specification: DeviceSpecification,
    fits: ([MeasuredTable.Entry]) throws(SolverError) -> [(
      json: JSONText, heldOut: [(name: String, statistics: ErrorStatistics)]
    )]
  ) throws {
    let rows = try MeasuredTable(document).filtered { $0.device == specification.name }
    guard !rows.entries.isEmpty else {
      throw Failure(Failure.Status.badData, "\(table): has no rows of \(specification.name)")
    }
    let fits = try fits(rows.entries)
    guard !fits.isEmpty else {
      throw Failure(
        Failure.Status.badData,
        "\(table): has fewer than 20 rows of each kind of kernel of \(specification.name), too few to leave some out")
    }
    for (name, errors) in fits.flatMap(\.heldOut) {
      func percent(_ value: Double) -> String { FixedPoint.text(100 * value, decimals: 1) }
      Diagnostics.note(
        "\(name): \(errors.count) rows, held out in turn: median error \(percent(errors.median)) %, mean "
          + "\(percent(errors.mean)) %, 90th percentile \(percent(errors.p90)) %, \(percent(errors.coverage)) % in the interval"
      )
    }
    try Results.write(JSONText.array(fits.map(\.json)).text, to: output ?? "-")
  }

  /// Writes the `gemm_fits` that the table's rows of a GPU teach.
  private func teachGEMMs(_ specification: DeviceSpecification) throws {
    let rows = try TimingTable(contentsOf: table).rows.filter { $0.device == specification.name }
    guard !rows.isEmpty else { throw Failure(Failure.Status.badData, "\(table): has no rows of \(specification.name)") }
    let inputs = try MeasuredInputs(TableOptions.parse([]), devices: [specification.name])
    guard let host = try inputs.hostModel() else {
      throw Failure(Failure.Status.noInput, "no timing table of a host is at hand; run `gemmcast calibrate`")
    }
    let fits = try DeviceModel(specification: specification, shape: host.rooflineShape)
      .gemmFits(taughtBy: rows, source: source ?? table, solver: LAPACKSolver())
    try Results.write(JSONText.array(fits.map(\.json)).text, to: output ?? "-")
  }
}
