internal import Foundation

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
  private var buffers: [[UInt8]]
  private var watches: [WorkWatch]
  private let stop: StopFlag
  private let silence: Double

  /// Seconds of one wait, and between two looks at what the children do.
  private static let (step, look) = (0.1, 0.5)

  /// Starts `count` children, each with `region` as its open file ``SharedRegion/childDescriptor``.
  ///
  /// - Throws: ``CalibrationError/worker(_:)``, ``CalibrationError/outOfResources(_:)``.
  public init(
    _ launch: Launch, count: Int, sharing region: SharedRegion?, stop: StopFlag
  ) throws(CalibrationError) {
    // A child that died must be an error of the next write, not a signal that ends this process.
    signal(SIGPIPE, SIG_IGN)
    let inherited = SteeringVariable.ownMachine(ProcessInfo.processInfo.environment)
    let environment = HeapVariable.adding(
      to: launch.inheritsSteering
        ? inherited.merging(SteeringVariable.threads(launch.threads)) { $1 }
        : SteeringVariable.clean(inherited, coreType: launch.coreType, threads: launch.threads))
    var started: [ChildProcess] = []
    for _ in 0..<count {
      started.append(
        try ChildProcess(
          launch.executable, arguments: launch.arguments, environment: environment, sharing: region?.descriptor))
    }
    processes = started
    buffers = started.map { _ in [] }
    watches = started.map { WorkWatch($0.identifier) }
    self.stop = stop
    silence = launch.silence
  }

  deinit { close() }

  /// Writes a line to one child.
  ///
  /// - Throws: ``CalibrationError/worker(_:)`` where it reads no more.
  public func send(_ line: String, to index: Int) throws(CalibrationError) {
    guard processes[index].write(line + "\n") else { throw .worker(WorkerProcess.cause(processes[index])) }
  }

  /// The next line of any child that is still awaited.
  ///
  /// Whether those work that have something to say yet is looked at meanwhile.
  ///
  /// - Throws: ``CalibrationError/stopped``; ``CalibrationError/worker(_:)`` for one that ended, was stopped or did no work.
  public func next(awaited: [Int]) throws(CalibrationError) -> (index: Int, line: String) {
    while true {
      for index in awaited {
        if let line = takeLine(index) { return (index, line) }
      }
      if stop.isRaised { throw .stopped }
      var queries = awaited.map { pollfd(fd: processes[$0].output, events: Int16(POLLIN), revents: 0) }
      let ready = poll(&queries, nfds_t(queries.count), Int32(1000 * Self.step))
      if ready < 0, errno == EINTR { continue }
      for index in awaited {
        if let complaint = watches[index].complaint(after: silence, every: Self.look) { throw .worker(complaint) }
      }
      for (query, index) in zip(queries, awaited) where query.revents != 0 {
        var chunk = Array(repeating: UInt8(0), count: 65536)
        let count = read(processes[index].output, &chunk, chunk.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw .worker(WorkerProcess.cause(processes[index])) }
        buffers[index] += chunk.prefix(count)
      }
    }
  }

  /// Ends all children; none is waited for.
  public func close() { for process in processes { process.end() } }

  private func takeLine(_ index: Int) -> String? {
    guard let end = buffers[index].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    defer { buffers[index].removeSubrange(...end) }
    return String(decoding: buffers[index][..<end], as: UTF8.self)
  }
}

/// Whether a process still works.
private struct WorkWatch {
  private let process: pid_t
  private var ticks = 0
  private var idle = 0.0
  private var lookedAt = MonotonicClock.now()

  init(_ process: pid_t) { self.process = process }

  /// What is wrong with a process that has used no core for `silence` seconds; looks no more often than told.
  mutating func complaint(after silence: Double, every interval: Double) -> String? {
    let elapsed = MonotonicClock.now() - lookedAt
    guard elapsed >= min(interval, silence) else { return nil }
    lookedAt += elapsed
    let now = WorkerReader.work(of: process)
    // A gap far longer than a look is one in which this process was stopped itself.
    idle = now.ticks > ticks || elapsed > 8 * interval ? 0 : idle + elapsed
    ticks = now.ticks
    return idle >= silence ? WorkerReader.complaint(isStopped: now.isStopped, seconds: idle) : nil
  }
}
