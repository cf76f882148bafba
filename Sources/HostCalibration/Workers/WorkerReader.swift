internal import Foundation

/// Lines from measuring processes, with an eye on the stop flag and on whether the processes still work.
///
/// A process that is stopped or hangs is not waited for: it is given up when it neither answers nor uses a core for so long,
/// and in the end whatever it does. What counts is the waiting that this process sees: none while it is stopped itself.
final class WorkerReader {
  private let processes: [ChildProcess]
  private let stop: StopFlag
  private let silence: Double
  private var buffers: [[UInt8]]
  private var watches: [WorkWatch]

  /// Seconds of one wait.
  private static let step = 0.1

  /// Reads what processes write; `silence` is the seconds without any work after which one is given up.
  init(_ processes: [ChildProcess], silence: Double, stop: StopFlag) {
    (self.processes, self.silence, self.stop) = (processes, silence, stop)
    buffers = processes.map { _ in [] }
    watches = processes.map { WorkWatch($0.identifier) }
  }

  /// Begins to wait: what the processes did before does not count.
  func restart() { watches = processes.map { WorkWatch($0.identifier) } }

  /// The next line of any process that is awaited.
  ///
  /// - Parameters:
  ///   - awaited: the processes that have something to say yet.
  ///   - limit: seconds after which none is waited for, though it is at work.
  /// - Returns: whose line it is, and the line without its end.
  /// - Throws: ``CalibrationError/stopped``; ``CalibrationError/worker(_:)`` for one that ended, was stopped or did no work.
  func next(of awaited: [Int], within limit: Double = .infinity) throws(CalibrationError) -> (index: Int, line: String)
  {
    var waited = 0.0
    while true {
      for index in awaited {
        if let line = takeLine(index) { return (index, line) }
      }
      if stop.isRaised { throw .stopped }
      var queries = awaited.map { pollfd(fd: processes[$0].output, events: Int16(POLLIN), revents: 0) }
      let ready = poll(&queries, nfds_t(queries.count), Int32(1000 * Self.step))
      if ready < 0, errno == EINTR { continue }
      for (query, index) in zip(queries, awaited) where query.revents != 0 { try read(index) }
      guard ready == 0 else { continue }
      waited += Self.step
      for index in awaited {
        if let complaint = watches[index].complaint(after: silence) { throw .worker(complaint) }
      }
      if waited >= limit { throw .worker("it gave no answer for \(Int(waited)) s and was given up") }
    }
  }

  private func read(_ index: Int) throws(CalibrationError) {
    var chunk = Array(repeating: UInt8(0), count: 65536)
    let count = Glibc.read(processes[index].output, &chunk, chunk.count)
    if count < 0, errno == EINTR { return }
    guard count > 0 else { throw .worker(processes[index].cause) }
    buffers[index] += chunk.prefix(count)
  }

  private func takeLine(_ index: Int) -> String? {
    guard let end = buffers[index].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    defer { buffers[index].removeSubrange(...end) }
    return String(decoding: buffers[index][..<end], as: UTF8.self)
  }
}

/// Whether a process still works.
private struct WorkWatch {
  private let process: pid_t
  private var ticks: Int
  private var idle = 0.0
  private var lookedAt = MonotonicClock.now()

  /// Seconds between two looks at what a process does, and those beyond which this process was stopped itself.
  private static let (look, longestGap) = (0.5, 4.0)

  init(_ process: pid_t) {
    self.process = process
    ticks = Self.work(of: process).ticks
  }

  /// What is wrong with a process that has used no core for `silence` seconds.
  mutating func complaint(after silence: Double) -> String? {
    let elapsed = MonotonicClock.now() - lookedAt
    guard elapsed >= min(Self.look, silence) else { return nil }
    lookedAt += elapsed
    let now = Self.work(of: process)
    idle = now.ticks > ticks || elapsed > Self.longestGap ? 0 : idle + elapsed
    ticks = now.ticks
    guard idle >= silence else { return nil }
    return (now.isStopped ? "it was stopped by a signal" : "it did no work")
      + " and gave no answer for \(Int(idle)) s, and was given up"
  }

  /// The processor time that a process has used, in ticks, and whether a signal has stopped it.
  ///
  /// Fields 3, 14 and 15 of /proc/PID/stat (proc_pid_stat(5)).
  private static func work(of process: pid_t) -> (ticks: Int, isStopped: Bool) {
    guard let text = HostFiles().text("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else {
      return (0, false)
    }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return (0, false) }
    return (user + system, fields[0] == "T" || fields[0] == "t")
  }
}
