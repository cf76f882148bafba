internal import ArgumentParser
internal import DataFiles
internal import DeviceModels
internal import Foundation
internal import GEMMTiming
internal import HostCalibration
internal import HostModels
internal import LayerReplay
internal import Reporting
internal import TransformerModels

/// `gemmcast replay`: a model's layers run on this host, measured beside forecast.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Run a model's layers on this host and show measured beside forecast, operation by operation.",
    discussion: """
      One rank's forward pass in fp32, in the order of the DAG, with random weights: norms, products, rotary positions, \
      attention, activations, residuals, and with --tp the exchanges between ranks, which are processes of this host. Each \
      operation is timed within the pass, so that its operands are where the operation before left them and its weights \
      where no cache holds them. Biases, embedding, final norm and head are not run. The model is one of equal \
      layers, each attention whose heads share keys, then an MLP or a mixture of them, a norm in front of both; what \
      layers have besides is refused by name.

        gemmcast replay config.json --batch 1 --seq 128
        gemmcast replay llama-3.1-8b --mode decode --context 1024 --batch 4 --layers 2
        gemmcast replay config.json --seq 256 --tp 2 --format html --output replay.html
        gemmcast replay config.json --seq 128 --max-error 10 --append host.csv
      """)

  enum Format: String, OutputFormat { case text, markdown, json, csv, html }

  @OptionGroup var model: ModelArgument
  @OptionGroup var plan: PlanOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(title: "Run") var replay: ReplayOptions

  @Option(
    name: .customLong("table"),
    help: ArgumentHelp(
      "A timing table (CSV) or fitted model (JSON) of this host, to forecast with; its newest unless told otherwise.",
      valueName: "file"))
  var tables: [String] = []

  @OptionGroup var output: OutputOptions<Format>

  func run() throws {
    let model = try plan.configuration(of: model.model)
    let plan = try replay.plan(plan, work: work, for: model)
    let layer = try LayerGraph(model: model, plan: plan, options: work.stepOptions)
    if let layers = replay.layers, layers > model.layers {
      throw Failure.usage("--layers is \(layers); \(model.name) has \(model.layers)")
    }
    // What is not run is refused before anything is looked for on this host.
    var request = try ReplayRequest(
      model: model, plan: plan, options: work.stepOptions, layers: 1, weights: replay.weights,
      seed: replay.seed, budget: replay.budget, threads: replay.threads)
    try Results.check([output.output] + [replay.append].compactMap(\.self))
    try HostLibraries.require()
    let topology = try HostTopology.discover()
    try topology.requireOwnMachine()
    try topology.require(ranks: plan.tp, threads: replay.threads)

    let need = try MemoryNeed(request)
    request.layers = try need.layers(
      asked: replay.layers, most: model.layers, limit: replay.maxMemory?.bytes, topology: topology)
    let table = try ReplayTable(replay.append, need: need, layers: request.layers, topology: topology)

    let operands = HostOperands(replayed: replay.weights, reuse: Double(request.layers) * need.layer)
    let models = try models(threads: replay.threads, operands)
    let ranks = try forecastRanks(models, ranks: plan.tp, operands)
    let (measurement, kernel) = try measure(request, models: models, topology: topology)
    let report = ReplayComparison(
      model: model, plan: plan, layer: layer, work: work, options: replay, need: need, topology: topology
    ).report(measurement, provenance: models.provenance + [ranks.sentence, kernel].compactMap(\.self)) {
      // Nothing is said of what the host's model has no time for.
      try? ranks.model.predict($0.operation)
    }
    try write(report)
    try table?.add(measurement, of: layer, options: replay)
    try judge(report)
  }

  /// The host's model with so many threads.
  private func models(threads: Int, _ operands: HostOperands) throws -> TimeModels {
    try TimeModels(
      tables: try TableOptions.parse(["--threads", String(threads)] + tables.flatMap { ["--table", $0] }),
      device: try DeviceOptions.parse(["--device", "host"]), for: .step(.fp32), operands: operands)
  }

  /// What forecasts one of several ranks of this host, and a sentence on what it takes them to share.
  private func forecastRanks(
    _ models: TimeModels, ranks: Int, _ operands: HostOperands
  ) throws -> (model: any GEMMTimeModel, sentence: String?) {
    guard ranks > 1, let alone = models.device as? PlacedHost else { return (models.device, nil) }
    let threads = ranks * replay.threads
    guard let all = try? self.models(threads: threads, operands).host,
      let crowded = CrowdedHost(alone, together: all, ranks: ranks)
    else {
      return (
        alone,
        "No table has streams of \(threads) threads, so each rank is forecast as if it had the memory for itself."
      )
    }
    return (
      crowded,
      "Ranks share the way to memory: by streams of one rank's threads and of all \(threads), what products with a weight take "
        + "beside their arithmetic is forecast \(FixedPoint.text(crowded.crowding, decimals: 2)) times as long as for a rank that is "
        + "alone."
    )
  }

  /// Chooses the kernel and runs the ranks.
  ///
  /// - Returns: what was measured, and a sentence where the kernel is not the table's.
  private func measure(
    _ request: ReplayRequest, models: TimeModels, topology: HostTopology
  ) throws -> (ReplayMeasurement, String?) {
    let lock = MachineLock.measuring()
    defer { withExtendedLifetime(lock) {} }
    if lock == nil {
      Diagnostics.warning("something is being measured on this machine: each will find the other's load in its times")
    }
    if let load = MachineLoad.now(), load.isBusy { Diagnostics.warning("the machine is busy: \(load)") }
    let signals = StopSignals()
    let known = models.host?.group.kernel
    let usable = known.flatMap { topology.runs(kernel: $0) ? $0 : nil }
    let choice = replay.coreType.map(CoreTypeChoice.init) ?? usable.map(CoreTypeChoice.named) ?? .automatic
    let display = ReplayDisplay(budget: replay.budget)
    defer { display.finish() }
    do {
      let kernel = try KernelChoice.kernel(
        choice,
        launch: WorkerProcess.Launch(
          executable: "/proc/self/exe", arguments: ["measure-worker"], memoryLimit: 0x1p28, seed: request.seed),
        topology: topology, threads: request.threads, stop: signals.flag)
      let measurement = try Replay(request).run(
        WorkerGroup.Launch(
          executable: "/proc/self/exe", arguments: ["replay-worker"], threads: request.threads, coreType: kernel,
          inheritsSteering: choice == .inherited), stop: signals.flag
      ) { display.show($0) }
      let used = measurement.openBLAS.kernel
      let differs = known.map { $0.lowercased() != used.lowercased() } ?? false
      return (measurement, differs ? "The forecast is of kernel \(known ?? ""), and \(used) was run." : nil)
    } catch {
      if let code = signals.exitCode { throw ExitCode(code) }
      throw error
    }
  }

  private func write(_ report: ReplayReport) throws {
    switch output.format {
    case .text: try output.write(report.document.text(width: 110))
    case .markdown: try output.write(report.document.markdown())
    case .html: try output.write(report.document.html())
    case .json: try output.write(report.json())
    case .csv: try output.write(report.csv())
    }
  }

  /// Ends with 1 when the layer's forecast is further off than allowed.
  private func judge(_ report: ReplayReport) throws {
    guard let most = replay.maximumError else { return }
    guard let error = report.error else {
      Diagnostics.error("nothing is forecast of the layer, so that --max-error cannot be held")
      throw ExitCode(1)
    }
    guard 100 * abs(error) > most else { return }
    Diagnostics.error(
      "the layer's forecast is \(FixedPoint.text(100 * error, decimals: 2)) % off, more than --max-error "
        + FixedPoint.text(most, decimals: 2))
    throw ExitCode(1)
  }
}
