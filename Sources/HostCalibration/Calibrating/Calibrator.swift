public import GEMMTiming

/// Measures a host by a plan: passes over shuffled shapes, drift watched, the table kept valid throughout.
///
///     let topology = try HostTopology.discover()
///     let plan = try MeasurementPlan.preset(.quick, topology: topology, threads: [1])
///     let table = try Calibrator(plan: plan, topology: topology).run()
public struct Calibrator {
  /// What is measured, and within how much time.
  public let plan: MeasurementPlan
  /// The host.
  public let topology: HostTopology

  /// A calibration of the host that `topology` describes.
  public init(plan: MeasurementPlan, topology: HostTopology) {
    self.plan = plan
    self.topology = topology
  }

  /// Measures until the plan is done, its budget spent, or `stop` raised.
  ///
  /// - Parameters:
  ///   - place: this process with its own kernel, or a child process with a kernel of our choice.
  ///   - earlier: a table of the same host and kernel to continue; its finished items are kept and not repeated. Where
  ///     the kernel is to be chosen, it is this table's.
  ///   - adaptive: how to choose further shapes from what is measured; nil for the plan's shapes alone.
  ///   - store: the file that is kept up to date with every finished item.
  ///   - stop: ends the run when raised; what is being measured then is dropped.
  ///   - progress: called on every event, on the caller's thread.
  /// - Returns: the table of all finished items.
  /// - Throws: ``CalibrationError``.
  public func run(
    in place: MeasuringPlace = .thisProcess, continuing earlier: TimingTable? = nil,
    adaptive: AdaptiveChoice? = nil, store: TableFile? = nil, stop: StopFlag = StopFlag(),
    progress: (CalibrationProgress) -> Void = { _ in }
  ) throws(CalibrationError) -> TimingTable {
    guard !plan.items.isEmpty, plan.passes > 0 else { throw .badPlan("there is nothing to measure in the plan") }
    // A second choice of the kernel could end otherwise, and its rows would not belong to the table.
    let kernel = earlier?.rows.first { $0.device == topology.deviceName }?.other["kernel"]
    var source = MeasurerSource(place: place, plan: plan, topology: topology, kernel: kernel, stop: stop)
    defer { source.closeAll() }
    return try run(from: &source, continuing: earlier, adaptive: adaptive, store: store, stop: stop, progress: progress)
  }

  /// As above with measurers of the caller's.
  func run(
    from source: inout MeasurerSource, continuing earlier: TimingTable?, adaptive: AdaptiveChoice?,
    store: TableFile?, stop: StopFlag, progress: (CalibrationProgress) -> Void
  ) throws(CalibrationError) -> TimingTable {
    let clock = RunClock(budget: plan.budget)
    do {
      // The kernel is chosen with the least threads, which neighbours disturb least.
      for threads in plan.threadCounts {
        let (measurer, trials) = try source.measurer(threads: threads)
        let setting = measurer.setting
        if !trials.isEmpty { progress(.kernelChosen(setting.openBLAS.kernel, tried: trials)) }
        progress(.ready(setting))
      }
    } catch .stopped {
      return earlier ?? TimingTable(otherColumns: Self.tableColumns)
    }
    let book = try TimingBook(
      topology: topology, setting: source.setting, seed: plan.seed, continuing: earlier, file: store?.path ?? "table")
    if let store, earlier != nil { try store.write(book.table) }
    var run = CalibrationRun(plan: plan, book: book, source: source, clock: clock, store: store, stop: stop)
    defer { source = run.source }
    do {
      if let adaptive { try run.chooseAndMeasure(adaptive, progress) }
      for pass in 0..<run.passCount { try run.measurePass(pass, progress) }
    } catch .stopped {
      // What is finished is in the book.
    }
    try run.settle()
    let unfinished = run.unfinishedCount
    if unfinished > 0 { progress(.ended(unfinished: unfinished, stopped: stop.isRaised)) }
    return run.book.table
  }

  /// The columns of a host's table beyond those that every timing table has, in order.
  ///
  /// `library`, `kernel`, `cpu`, `machine`, `timestamp` and `run` say where a row is from. `passes` counts the passes that its
  /// samples are from; `calls` the calls in a sample's block; `pinned` lists the hardware threads that were bound in the last
  /// visit. The others are `HostState`.
  public static let tableColumns = TimingTable.provenanceColumns + ["passes", "calls", "pinned"] + HostState.columns
}

/// Where to measure.
public enum MeasuringPlace: Sendable {
  /// In this process, with the kernel that its OpenBLAS has and without binding its threads.
  case thisProcess
  /// In child processes with the kernel of choice.
  case childProcess(WorkerProcess.Launch, CoreTypeChoice)
}

/// Time since a run began, and what it may take.
struct RunClock {
  let budget: Double
  private let start = MonotonicClock.now()

  init(budget: Double) { self.budget = budget }

  var elapsed: Double { MonotonicClock.now() - start }
  var isOver: Bool { elapsed >= budget }
}
