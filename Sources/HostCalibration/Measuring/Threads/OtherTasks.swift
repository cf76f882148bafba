internal import Foundation

/// The threads of this process beside the calling one, as Linux lists them below /proc/self/task.
struct OtherTasks {
  /// The calling thread.
  let caller: Int
  private let files: HostFiles

  /// The tasks beside the calling thread's.
  init(files: HostFiles = HostFiles()) {
    // /proc/thread-self leads to self/task/ID.
    let link = (try? FileManager.default.destinationOfSymbolicLink(atPath: files.root + "/proc/thread-self")) ?? ""
    caller = link.split(separator: "/").last.flatMap { Int($0) } ?? Int(getpid())
    self.files = files
  }

  /// Their task ids, in the order in which they were made.
  var identifiers: [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: files.root + "/proc/self/task")) ?? []
    return names.compactMap { Int($0) }.filter { $0 != caller }.sorted()
  }

  /// How often each was given a core so far; nil where the kernel does not count that.
  ///
  /// The third number of `schedstat` (Linux, Documentation/scheduler/sched-stats.rst). It grows when a task that slept runs.
  var turns: [Int: Int]? {
    var result: [Int: Int] = [:]
    for task in identifiers {
      let fields = (files.text("/proc/self/task/\(task)/schedstat") ?? "").split(whereSeparator: \.isWhitespace)
      guard fields.count >= 3, let count = Int(fields[2]) else { return nil }
      result[task] = count
    }
    return result
  }

  /// Whether none of them runs or wants to.
  var areAsleep: Bool {
    identifiers.allSatisfy { task in
      // The name in parentheses may hold anything; the state's letter follows it.
      guard let text = files.text("/proc/self/task/\(task)/stat"), let end = text.lastIndex(of: ")") else {
        return true
      }
      return text[text.index(after: end)...].split(separator: " ").first == "S"
    }
  }

  /// Waits until none runs; false when that takes longer than so many seconds.
  ///
  /// OpenBLAS's threads go on for a tenth of a second after their work before they sleep.
  func waitUntilAsleep(seconds limit: Double) -> Bool {
    let end = MonotonicClock.now() + limit
    while !areAsleep {
      if MonotonicClock.now() > end { return false }
      usleep(2000)
    }
    return true
  }
}
