internal import Foundation

/// What other users of the machine took away, read before and after a measurement.
struct Disturbance {
  private let switches: Int
  private let steal: Double
  private let files: HostFiles

  /// Reads the counters.
  init(files: HostFiles = HostFiles()) {
    self.files = files
    switches = Self.involuntarySwitches()
    steal = Self.stolenSeconds(files)
  }

  /// Involuntary context switches of this process and stolen CPU seconds of the machine since `init`.
  func sinceThen() -> (switches: Int, stolen: Double) {
    (max(0, Self.involuntarySwitches() - switches), max(0, Self.stolenSeconds(files) - steal))
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
