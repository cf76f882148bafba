/// Child processes that work together, each with an OpenBLAS of its own: lines in, lines out.
///
/// A child that dies, is stopped or does nothing is an error of the whole group, which is then ended: the others would wait
/// for it. A parent that dies leaves none behind, since each ends with its input.
public final class WorkerGroup {
  /// How the children are started.
  public struct Launch {
    /// The program.
    public var executable: String
    /// Its arguments, the same for all.
    public var arguments: [String]
    /// How many threads each child's OpenBLAS starts with.
    public var threads: Int
    /// The kernel to ask for; nil leaves the choice to OpenBLAS.
    public var coreType: String?
    /// Whether inherited variables that steer OpenBLAS stay, threads excepted.
    public var inheritsSteering: Bool
    /// Seconds without any work after which a child is given up.
    public var silence: Double

    /// Describes how children are started.
    public init(
      executable: String, arguments: [String], threads: Int, coreType: String?, inheritsSteering: Bool = false,
      silence: Double = 30
    ) {
      self.executable = executable
      self.arguments = arguments
      self.threads = threads
      self.coreType = coreType
      self.inheritsSteering = inheritsSteering
      self.silence = silence
    }
  }

  private let processes: [ChildProcess]
  private let reader: WorkerReader

  /// Starts `count` children, each with `region` as its open file ``SharedRegion/childDescriptor``.
  ///
  /// - Throws: ``CalibrationError/worker(_:)``, ``CalibrationError/outOfResources(_:)``.
  public init(
    _ launch: Launch, count: Int, sharing region: SharedRegion?, stop: StopFlag
  ) throws(CalibrationError) {
    let environment = SteeringVariable.environment(
      coreType: launch.coreType, threads: launch.threads, inheritsSteering: launch.inheritsSteering)
    var started: [ChildProcess] = []
    for _ in 0..<count {
      started.append(
        try ChildProcess(
          launch.executable, arguments: launch.arguments, environment: environment, sharing: region?.descriptor))
    }
    processes = started
    reader = WorkerReader(started, silence: launch.silence, stop: stop)
  }

  deinit { close() }

  /// Writes a line to one child.
  ///
  /// - Throws: ``CalibrationError/worker(_:)`` where it reads no more.
  public func send(_ line: String, to index: Int) throws(CalibrationError) {
    guard processes[index].write(line + "\n") else { throw .worker(processes[index].cause) }
  }

  /// The next line of any child that is still awaited.
  ///
  /// Whether those work that have something to say yet is looked at meanwhile.
  ///
  /// - Throws: ``CalibrationError/stopped``; ``CalibrationError/worker(_:)`` for one that ended, was stopped or did no work.
  public func next(awaited: [Int]) throws(CalibrationError) -> (index: Int, line: String) {
    try reader.next(of: awaited)
  }

  /// Ends all children; none is waited for.
  public func close() { for process in processes { process.end() } }
}
