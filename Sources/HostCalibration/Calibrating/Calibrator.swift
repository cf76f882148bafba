public import GEMMTiming

/// Measures a host by a plan: passes over shuffled shapes, drift watched, the table kept valid throughout.
///
///     let topology = try HostTopology.discover()
///     let plan = try MeasurementPlan.preset(.quick, topology: topology, threads: [1])
///     let table = try Calibrator(plan: plan, topology: topology).run()
public struct Calibrator {
  public let plan: MeasurementPlan
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
  ///   - earlier: a table of the same host and kernel to continue; its finished items are kept and not repeated.
  ///   - adaptive: how to choose further shapes from what is measured; nil for the plan's shapes alone.
  ///   - stop: ends the run after the call in flight when raised.
  ///   - save: called with the whole table after every finished item.
  ///   - progress: called on every event, on the caller's thread.
  /// - Returns: the table of all finished items.
  /// - Throws: ``CalibrationError``.
  public func run(
    in place: MeasuringPlace = .thisProcess, continuing earlier: TimingTable? = nil,
    adaptive: AdaptiveChoice? = nil, stop: StopFlag = StopFlag(),
    save: (TimingTable) throws(CalibrationError) -> Void = { _ throws(CalibrationError) in },
    progress: (CalibrationProgress) -> Void = { _ in }
  ) throws(CalibrationError) -> TimingTable {
    earlier ?? TimingTable()
  }

  /// The columns of a host's table beyond those that every timing table has, in order.
  ///
  /// `library`, `kernel`, `cpu`, `timestamp` and `run` say where a row is from. `passes` counts the passes that its
  /// samples are from; `calls` the calls in a sample's block; `pinned` lists the hardware threads that were bound;
  /// `canary` is the time of a fixed GEMM measured beside it over that GEMM's usual time (1.05: the host was 5 %
  /// slow); `steal_us` and `switches` are the CPU time that a hypervisor gave to others and the involuntary context
  /// switches while it was measured.
  public static let tableColumns =
    TimingTable.provenanceColumns + ["passes", "calls", "pinned", "canary", "steal_us", "switches"]
}

/// Where to measure.
public enum MeasuringPlace: Sendable {
  /// In this process, with the kernel and the threads that its OpenBLAS has.
  case thisProcess
  /// In a child process of `executable`, which must understand the arguments (`gemmcast measure-worker`).
  case childProcess(executable: String, arguments: [String], coreType: CoreTypeChoice)
}

/// How further shapes are chosen from what is measured so far.
public struct AdaptiveChoice: Sendable {
  /// The share of the plan's shapes that is measured before the first choice.
  public var startingShare: Double
  /// The relative error at which choosing ends early; nil to go on until the budget is spent.
  public var targetError: Double?
  /// Ranks candidates: from the table so far and candidate items, the items to measure next (most useful first, no
  /// more than `count`) and the mean relative error that is expected over the candidates.
  public var choose:
    @Sendable (_ table: TimingTable, _ candidates: [WorkItem], _ count: Int) -> (items: [WorkItem], expectedError: Double)

  /// Chooses by `choose` once `startingShare` of the plan is measured.
  public init(
    startingShare: Double = 0.4, targetError: Double? = nil,
    choose:
      @escaping @Sendable (_ table: TimingTable, _ candidates: [WorkItem], _ count: Int) -> (
        items: [WorkItem], expectedError: Double
      )
  ) {
    self.startingShare = startingShare
    self.targetError = targetError
    self.choose = choose
  }
}
