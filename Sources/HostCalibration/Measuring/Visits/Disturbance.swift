internal import Foundation
internal import GEMMTiming

/// What other users of the machine took away, read before and after a measurement.
struct Disturbance {
  private let switches: Int
  private let steal: Double
  private let waiting: Double?
  private let begin = MonotonicClock.now()
  private let files: HostFiles

  /// Reads the counters.
  init(files: HostFiles = HostFiles()) {
    self.files = files
    switches = Self.involuntarySwitches()
    steal = Self.stolenSeconds(files)
    waiting = Self.waitingSeconds(files)
  }

  /// What was taken since `init`: involuntary context switches of this process, stolen CPU seconds of the machine, and the
  /// share of the time that the calling thread was ready and waited for a core; nil where the kernel does not say.
  func sinceThen() -> HostState {
    let seconds = MonotonicClock.now() - begin
    let waited = waiting.flatMap { before in
      Self.waitingSeconds(files).map { seconds > 0 ? min(1, max(0, $0 - before) / seconds) : 0 }
    }
    return HostState(
      stolenSeconds: max(0, Self.stolenSeconds(files) - steal),
      involuntarySwitches: max(0, Self.involuntarySwitches() - switches), waitedShare: waited)
  }

  /// The second field of the calling thread's schedstat: nanoseconds that it was ready and waited for a core.
  static func waitingSeconds(_ files: HostFiles) -> Double? {
    guard let fields = files.text("/proc/thread-self/schedstat")?.split(whereSeparator: \.isWhitespace),
      fields.count >= 2, let nanoseconds = Double(fields[1])
    else { return nil }
    return nanoseconds * 1e-9
  }

  /// How often the scheduler has taken a core away from a thread of this process.
  static func involuntarySwitches() -> Int {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return usage.ru_nivcsw
  }

  /// The steal column of /proc/stat's first line: CPU time given to other guests, in ticks.
  static func stolenSeconds(_ files: HostFiles) -> Double {
    guard let line = files.text("/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("cpu ") }) else {
      return 0
    }
    let fields = line.split(separator: " ")
    guard fields.count > 8, let ticks = Double(fields[8]) else { return 0 }
    return ticks / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
  }
}
