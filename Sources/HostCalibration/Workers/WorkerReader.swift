internal import Foundation

/// Lines from a measuring process, with an eye on the stop flag and on whether the process still works.
///
/// A process that is stopped or hangs is not waited for: it is given up when it neither answers nor uses a core for so long,
/// and in the end whatever it does. What counts is the waiting that this process sees: none while it is stopped itself.
final class WorkerReader {
  private let process: ChildProcess
  private let stop: StopFlag
  private let silence: Double
  private var buffer: [UInt8] = []

  /// Seconds of one wait, and between two looks at what the process does.
  private static let (step, look) = (0.1, 0.5)

  /// Reads what a process writes; `silence` is the seconds without any work after which it is given up.
  init(_ process: ChildProcess, silence: Double, stop: StopFlag) {
    self.process = process
    self.silence = silence
    self.stop = stop
  }

  /// The next line.
  ///
  /// - Parameter limit: seconds after which it is not waited for, though the process is at work.
  /// - Returns: the line without its end; nil at the end of input.
  /// - Throws: ``CalibrationError/stopped``, ``CalibrationError/worker(_:)``.
  func line(within limit: Double) throws(CalibrationError) -> String? {
    var (waited, idle, sinceLook) = (0.0, 0.0, 0.0)
    var work = Self.work(of: process.identifier)
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeSubrange(...end)
        return line
      }
      if stop.isRaised { throw .stopped }
      var query = pollfd(fd: process.output, events: Int16(POLLIN), revents: 0)
      let ready = poll(&query, 1, Int32(1000 * Self.step))
      if ready < 0 && errno == EINTR { continue }
      if ready == 0 {
        waited += Self.step
        sinceLook += Self.step
        guard sinceLook >= min(Self.look, silence) else { continue }
        let now = Self.work(of: process.identifier)
        idle = now.ticks > work.ticks ? 0 : idle + sinceLook
        (work, sinceLook) = (now, 0)
        if idle >= silence { throw .worker(Self.complaint(isStopped: now.isStopped, seconds: idle)) }
        if waited >= limit { throw .worker("it gave no answer for \(Int(waited)) s and was given up") }
        continue
      }
      var chunk = Array(repeating: UInt8(0), count: 65536)
      let count = read(process.output, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      buffer += chunk.prefix(count)
    }
  }

  static func complaint(isStopped: Bool, seconds: Double) -> String {
    (isStopped ? "it was stopped by a signal" : "it did no work")
      + " and gave no answer for \(Int(seconds)) s, and was given up"
  }

  /// The processor time that a process has used, in ticks, and whether a signal has stopped it.
  ///
  /// Fields 3, 14 and 15 of /proc/PID/stat (proc_pid_stat(5)).
  static func work(of process: pid_t) -> (ticks: Int, isStopped: Bool) {
    guard let text = HostFiles().text("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else {
      return (0, false)
    }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return (0, false) }
    return (user + system, fields[0] == "T" || fields[0] == "t")
  }
}
