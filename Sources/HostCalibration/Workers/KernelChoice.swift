/// Which of OpenBLAS's kernels a choice comes to on this machine.
public enum KernelChoice {
  /// Chooses a kernel.
  ///
  /// - Parameters:
  ///   - choice: a name is taken as it is; `automatic` has kernels tried, which takes a second or two.
  ///   - launch: how a measuring process is started.
  ///   - topology: the machine.
  ///   - threads: with how many threads kernels are tried.
  ///   - stop: ends the trial when raised.
  /// - Returns: the kernel's name; nil where variables that are inherited decide.
  /// - Throws: ``CalibrationError``.
  public static func kernel(
    _ choice: CoreTypeChoice, launch: WorkerProcess.Launch, topology: HostTopology, threads: Int, stop: StopFlag
  ) throws(CalibrationError) -> String? {
    switch choice {
    case .inherited: return nil
    case .named(let name): return name
    case .automatic:
      let chooser = KernelChooser(launch: launch, topology: topology, threads: threads, stop: stop)
      let worker = try chooser.start(.automatic).worker
      defer { worker.close() }
      return worker.setting.openBLAS.kernel
    }
  }
}

extension HostTopology {
  /// Whether this CPU has the instructions that a kernel of that name needs, as far as the kernel is known.
  public func runs(kernel: String) -> Bool {
    CoreType.named(kernel, architecture: architecture)?.runs(on: Set(features)) ?? false
  }

  /// Refuses ranks whose threads cannot each have a core.
  ///
  /// - Throws: ``CalibrationError/tooManyThreads(asked:available:because:)``.
  public func require(ranks: Int, threads: Int) throws(CalibrationError) {
    let limit = threadLimit
    let (asked, overflow) = ranks.multipliedReportingOverflow(by: threads)
    let most = openBLAS.maximumThreads ?? Int.max
    guard threads <= most else {
      throw .tooManyThreads(asked: threads, available: most, because: ThreadLimit.limit(of: openBLAS.name, most))
    }
    // What the library runs is a limit of each process, not of all.
    let cores = min(cores.count, cpuQuota.map { max(1, Int(min(max($0, 0), 1e6))) } ?? Int.max)
    guard !overflow, asked <= cores else {
      let group = ranks == 1 ? "" : "; \(ranks) ranks of \(threads) \(threads == 1 ? "thread" : "threads") each"
      let reason = limit.count == cores ? limit.description : "\(cores) \(cores == 1 ? "core" : "cores")"
      throw .tooManyThreads(asked: overflow ? Int.max : asked, available: cores, because: reason + group)
    }
  }
}
