public import GEMMTiming

/// What takes the timings: this process itself, or a child process with a kernel and threads of our choice.
///
/// A measurer owns memory or a process: use one from one thread at a time.
public protocol Measurer: AnyObject {
  /// Library, kernel, threads and pinning, as they are in the process that measures.
  var setting: MeasurerSetting { get }

  /// Takes timings of one item.
  ///
  /// - Throws: ``CalibrationError`` for operands over the memory limit, no memory, a wrong result, a lost process.
  func measure(_ request: MeasurementRequest) throws(CalibrationError) -> Measurement

  /// Gives the operands' memory back when it is more than so many bytes: another measurer's turn comes.
  func trim(to bytes: Double)

  /// Ends the measurer's process or frees its memory.
  func close()
}

/// What a measurer runs with.
public struct MeasurerSetting: Hashable, Sendable {
  /// The library in the process that measures.
  public var openBLAS: OpenBLASBuild
  /// The hardware thread that each of OpenBLAS's threads is bound to, the caller's first; empty when not bound.
  public var pinnedTo: [Int]
  /// The hardware threads from which a single thread takes one that no neighbour shares; empty where it stays.
  public var choices: [Int]
  /// m·k·n up to which a product was seen to stay on one thread; nil where that was not looked for, or could not be seen.
  public var loneVolume: Double?

  /// Describes a setting.
  public init(openBLAS: OpenBLASBuild, pinnedTo: [Int], choices: [Int] = [], loneVolume: Double? = nil) {
    self.openBLAS = openBLAS
    self.pinnedTo = pinnedTo
    self.choices = choices
    self.loneVolume = loneVolume
  }

  /// Whether one thread does all of an item's call: as was seen, or else as OpenBLAS's sources have it.
  func isAlone(_ item: WorkItem) -> Bool { item.isAlone(upTo: loneVolume ?? openBLAS.assumedLoneVolume) }
}

/// One item with the effort to spend on it.
public struct MeasurementRequest: Hashable, Sendable {
  /// What to measure.
  public var item: WorkItem
  /// When it has been measured well enough.
  public var stopping: StopRule
  /// Seconds after which measuring ends with the samples taken so far (one at least).
  public var timeLimit: Double
  /// Seconds beyond the limit that may pass before the core is one thread's own for a few samples.
  public var patience: Double
  /// Whether the result is compared with a naive product on sampled entries.
  public var checksResult: Bool

  /// Asks for timings of `item`.
  public init(
    _ item: WorkItem, stopping: StopRule = StopRule(), timeLimit: Double, patience: Double = 0,
    checksResult: Bool = true
  ) {
    self.item = item
    self.stopping = stopping
    self.timeLimit = timeLimit
    self.patience = patience
    self.checksResult = checksResult
  }
}

/// The timings of one item, and what disturbed them.
public struct Measurement: Hashable, Sendable {
  /// Seconds of one call (one batch), each the mean over a block of calls; beside neighbours, as on cores of its own.
  public var samples: [Double]
  /// Calls in a block.
  public var callsPerSample: Int
  /// How the host was meanwhile, without the canary; the raw seconds are those of the samples' median.
  public var state: HostState
  /// Wall seconds that everything took: warm-up, check and samples.
  public var wallSeconds: Double
  /// The hardware thread that each thread was bound to in the end, the caller's first; empty when not bound.
  public var pinnedTo: [Int]

  /// Describes a measurement.
  public init(
    samples: [Double], callsPerSample: Int, state: HostState = HostState(), wallSeconds: Double, pinnedTo: [Int] = []
  ) {
    self.samples = samples
    self.callsPerSample = callsPerSample
    self.state = state
    self.wallSeconds = wallSeconds
    self.pinnedTo = pinnedTo
  }
}
