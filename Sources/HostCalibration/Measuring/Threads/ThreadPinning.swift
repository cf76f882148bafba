/// Binds the threads that compute each to a core of its own.
enum ThreadPinning {
  /// Binds the calling thread to the first core and OpenBLAS's own threads to the next ones, and reads back where they are.
  ///
  /// Builds that have `openblas_setaffinity` bind their threads on request; the threads of others are found as the
  /// other tasks of this process, which are OpenBLAS's alone as long as nothing else has started a thread. Cores are
  /// taken in the topology's order: the fastest kind first, and so that few threads share caches and a NUMA node. The first
  /// `skipped` are left to other processes.
  ///
  /// - Returns: the hardware thread of each, the caller's first; empty when the system refuses, the tasks cannot be
  ///   told apart, or they are not where they were put.
  /// - Throws: ``CalibrationError/topology(_:)``, ``CalibrationError/tooManyThreads(asked:available:because:)``.
  static func pin(
    threads: Int, topology: HostTopology, skipping skipped: Int = 0
  ) throws(CalibrationError) -> [Int] {
    try topology.require(threads: threads)
    let targets = topology.cores.dropFirst(skipped).prefix(threads).compactMap(\.processingUnits.first)
    guard targets.count == threads, let first = targets.first else { return [] }
    let hwloc = try Hwloc()
    let tasks = OtherTasks()
    let others = tasks.identifiers
    // OpenMP's threads come later and would inherit the caller's one core; they have their own variables for this.
    guard threads == 1 || (OpenBLASBuild.current.threading == .pthread && others.count == threads - 1) else {
      return []
    }
    guard hwloc.bindCallingThread(to: first) else { return [] }
    for (index, (task, unit)) in zip(others, targets.dropFirst()).enumerated() {
      let isBound =
        OpenBLAS.canSetAffinity
        ? OpenBLAS.setAffinity(thread: index, to: unit) : hwloc.bind(task: task, to: unit)
      guard isBound else { return [] }
    }
    // What the library numbers otherwise than the tasks are made is bound all the same, each to a core of its own.
    let found = others.prefix(threads - 1).compactMap { hwloc.processingUnits(ofTask: $0) }
    guard found.allSatisfy({ $0.count == 1 }), Set(found.flatMap(\.self)) == Set(targets.dropFirst()) else { return [] }
    return hwloc.processingUnits(ofTask: tasks.caller) == [first] ? targets : []
  }
}
