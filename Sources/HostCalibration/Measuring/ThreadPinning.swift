internal import Foundation

/// Binds the threads that compute each to a core of its own.
enum ThreadPinning {
  /// Binds the calling thread to the first core and OpenBLAS's own threads to the next ones.
  ///
  /// OpenBLAS 0.3.24 and later bind their threads on request (`openblas_setaffinity`); before, they are found as the
  /// other tasks of this process, which are OpenBLAS's alone as long as nothing else has started a thread. Cores are
  /// taken in hwloc's order, so that few threads share caches and a NUMA node.
  ///
  /// - Returns: the hardware thread of each, the caller's first; empty when the system refuses or the tasks cannot be
  ///   told apart.
  /// - Throws: ``CalibrationError/topology(_:)``, ``CalibrationError/tooManyThreads(asked:available:)``.
  static func pin(threads: Int, topology: HostTopology) throws(CalibrationError) -> [Int] {
    let targets = topology.cores.prefix(threads).compactMap(\.processingUnits.first)
    guard targets.count == threads, let first = targets.first else {
      throw .tooManyThreads(asked: threads, available: topology.cores.count)
    }
    let hwloc = try Hwloc()
    let caller = Int(getpid())
    let others = tasks().filter { $0 != caller }
    // OpenMP's threads come later and would inherit the caller's one core; they have their own variables for this.
    guard threads == 1 || (OpenBLASBuild.current.threading == .pthread && others.count == threads - 1) else {
      return []
    }
    guard hwloc.bindCallingThread(to: first) else { return [] }
    guard threads > 1 else { return targets }
    if OpenBLAS.canSetAffinity {
      for (index, unit) in targets.dropFirst().enumerated() where !OpenBLAS.setAffinity(thread: index, to: unit) {
        return []
      }
      return targets
    }
    for (task, unit) in zip(others, targets.dropFirst()) where !hwloc.bind(task: task, to: unit) { return [] }
    return targets
  }

  /// The task ids of this process's threads, in the order in which they were made.
  private static func tasks() -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return names.compactMap { Int($0) }.sorted()
  }
}
