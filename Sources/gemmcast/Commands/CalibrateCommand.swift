internal import ArgumentParser
internal import DataFiles
internal import Foundation
internal import GEMMTiming
internal import HostCalibration

/// `gemmcast calibrate`: measures this machine's sgemm and memory bandwidth into a timing table.
struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Measure this machine's matrix multiplications into a timing table.",
    discussion: """
      Times OpenBLAS sgemm in a child process with a kernel of our choice and each thread bound to a core. The table on \
      disk is valid at any moment; after Ctrl-C or a kill, --resume goes on where it ended.

        gemmcast calibrate --preset quick
        gemmcast calibrate --threads 1 --budget 60 --output host.csv
        gemmcast calibrate --model tinyllama/config.json --output host.csv
        gemmcast calibrate --target-error 3%
        gemmcast calibrate --device h100-sxm-80gb --plan 64 --output plan.csv
        gemmcast calibrate --device h100-sxm-80gb --plan 40 --for llama-3.1-70b --tp 8 --attention fused \\
          --output plan.csv

      With --plan nothing is measured: the rows that scripts/measure_gpu.py should measure on a GPU are written. They are \
      GEMMs in general, or with --for rows of all kinds that make the forecast of one step surest.

      Prints the table's path. At the end the table is fitted and judged: where it is not fit for use, as after measuring \
      beside other programs, that is said, the exit code is 3, and no forecast takes it unless it is named. Ends with 130 \
      after Ctrl-C and 143 after SIGTERM.
      """)

  @OptionGroup var options: CalibrationOptions
  @OptionGroup var devicePlan: DevicePlanOptions
  @OptionGroup var stepPlan: StepPlanOptions

  @Option(
    help: ArgumentHelp(
      "Where the table goes; - is standard output. By default a new file in the user's data folder.",
      valueName: "file"))
  var output: String?

  @Flag(help: "Replace the output file if there is one.")
  var fresh = false

  @Flag(
    help: "Go on with the output file, or this machine's newest table, with its kernel: what is measured there is kept."
  )
  var resume = false

  @Flag(help: "Do nothing when the user's data folder has a table of this machine already that is fit for use.")
  var ifMissing = false

  func validate() throws {
    if [fresh, resume, ifMissing].count(where: \.self) > 1 {
      throw ValidationError("give one of --fresh, --resume and --if-missing")
    }
    if stepPlan.model != nil {
      guard devicePlan.plan != nil else {
        throw ValidationError("--for goes with --plan; calibrate --model measures this machine")
      }
      guard devicePlan.models.isEmpty else {
        throw ValidationError("--for names the model that rows are for; --model adds one to a plan in general")
      }
    }
    if options.shapes != nil, output == nil {
      throw ValidationError(
        "--shapes needs --output: a list of shapes is no calibration; name a file, or - to print it")
    }
    if options.shapes != nil, !devicePlan.models.isEmpty {
      throw ValidationError("--shapes names all that is measured; --model would add to it")
    }
    if resume, output == "-" { throw ValidationError("--resume needs a file; --output is -") }
  }

  func run() throws {
    if let count = devicePlan.plan, let device = devicePlan.device {
      let csv =
        if let model = stepPlan.model {
          try stepPlan.csv(count, for: model, on: device, dtype: devicePlan.dtype)
        } else {
          try devicePlan.csv(count: count, on: device, seed: options.seed, tables: TableOptions.parse([]))
        }
      try Results.write(csv, to: output ?? "-")
      return
    }
    try HostLibraries.require()
    try WorkerProcess.requireOpenFiles()
    let topology = try HostTopology.discover()
    try topology.requireOwnMachine()
    // Fits that choose shapes run between measurements, and their threads must not go on spinning.
    LAPACKSolver.runOnOneThread()
    let locator = HostTableLocator()
    if ifMissing, output == nil, let own = CalibrationVerdict.newestFit(locator) {
      Diagnostics.note("this machine has been measured: \(own) (--fresh measures again)")
      try Results.print(own + "\n")
      return
    }
    // The locks are held as long as this function runs.
    let (store, outputLock) = try self.store(topology, locator)
    let measuringLock = MachineLock.measuring()
    defer { withExtendedLifetime((outputLock, measuringLock)) {} }
    if measuringLock == nil {
      Diagnostics.warning(
        "another calibration is running on this machine: each will find the other's load in its times")
    }
    let earlier = try earlierTable(store)
    let plan = try options.plan(on: topology, models: devicePlan.models)
    if let store, !resume { try InputFiles.refuse(output: store.path) }
    if let meaning = options.meaningOfAll(on: topology) { Diagnostics.note(meaning) }
    let choice = CoreTypeChoice(options.coreType)
    for warning in topology.warnings {
      if case .inheritedKernel(let variable, let value, _) = warning, choice != .inherited {
        Diagnostics.note("\(variable)=\(value) is inherited and set aside here (--core-type inherit keeps it)")
      } else if warning.concernsCalibration(choice) {
        Diagnostics.warning("\(warning)")
      }
    }

    if let load = MachineLoad.now(), load.isBusy {
      Diagnostics.warning("the machine is busy: \(load); what is measured now may not be fit for use")
    }

    let signals = StopSignals()
    var display = CalibrationDisplay()
    let launch = WorkerProcess.Launch(
      executable: "/proc/self/exe", arguments: ["measure-worker"], memoryLimit: plan.memoryLimit, pins: options.pin,
      seed: options.seed)
    let table = try Calibrator(plan: plan, topology: topology).run(
      in: .childProcess(launch, choice), continuing: earlier,
      adaptive: options.choice, store: store, stop: signals.flag
    ) { display.show($0) }
    display.finish()

    if table.rows.isEmpty, signals.exitCode == nil {
      throw Failure(
        Failure.Status.usage, "nothing was measured within \(plan.budget) s; give more time with --budget")
    }
    if let store {
      if !table.rows.isEmpty { try Results.print(store.path + "\n") }
    } else {
      try Results.write(table.csv(), to: output ?? "-")
    }
    Diagnostics.note("\(table.rows.count) rows" + (store.map { " in \($0.path)" } ?? ""))
    if let code = signals.exitCode { throw ExitCode(code) }
    // Shapes that were asked for one by one are no calibration of the machine.
    guard options.shapes == nil else { return }
    try CalibrationVerdict(of: table, at: store?.path, threads: plan.threadCounts).report()
  }

  /// The table to go on with; nil without `--resume`, and where a run was killed before its first shape was finished.
  private func earlierTable(_ store: TableFile?) throws -> TimingTable? {
    guard resume, let store else { return nil }
    if FileManager.default.fileExists(atPath: store.path) { return try store.read() }
    Diagnostics.note("there is no table to go on with yet: \(store.path) is begun")
    return nil
  }

  /// The file to write, and the right to write it; nil for standard output.
  private func store(_ topology: HostTopology, _ locator: HostTableLocator) throws -> (TableFile?, MachineLock?) {
    if let output, try output == "-" || TextFile.isStream(output) { return (nil, nil) }
    var path: String
    if let output {
      path = output
    } else if resume, let own = locator.own().first {
      path = own
    } else {
      let directory = HostTableLocator.userDirectory(environment: locator.environment)
      do {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      } catch {
        throw FileError(
          .cannotCreate, file: directory, problem: "cannot be created", remedy: "name a file with --output")
      }
      let time: String = Date.now.formatted(.iso8601)
      let name = "\(directory)/\(topology.deviceName)-\(time.split(separator: ":").joined())"
      path = name + ".csv"
      // Calibrations that begin within one second get names of their own.
      for number in 2...99 where FileManager.default.fileExists(atPath: path) || (try? MachineLock.output(path)) == nil
      {
        path = "\(name)-\(number).csv"
      }
    }
    let lock = try MachineLock.output(path)
    if !fresh, !resume, FileManager.default.fileExists(atPath: path) {
      throw FileError(
        .cannotCreate, file: path, problem: "exists already", remedy: "--resume goes on with it, --fresh replaces it")
    }
    let store = TableFile(path: path)
    try store.checkWritable()
    return (store, lock)
  }
}

extension HostWarning {
  /// Whether it still holds in the measuring process, whose environment is cleaned unless the kernel is inherited.
  fileprivate func concernsCalibration(_ choice: CoreTypeChoice) -> Bool {
    switch self {
    case .quotaBelowThreads, .partOfMachine: true
    case .inheritedKernel, .weakKernel, .inheritedThreads, .inheritedSetting: choice == .inherited
    case .topologySetAside, .mixedCores: true
    case .otherMachine, .moreThreadsThanCores, .memoryUnderreported, .virtualMachine: false
    }
  }
}
