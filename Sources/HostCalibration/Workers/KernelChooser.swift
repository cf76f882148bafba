internal import GEMMTiming

/// Starts the worker with the kernel that was asked for, or with the fastest of those that suit the CPU.
struct KernelChooser {
  let launch: WorkerProcess.Launch
  let topology: HostTopology
  let threads: Int
  let stop: StopFlag

  /// The GEMM that kernels are compared on: large enough for its blocking to matter, small enough to repeat.
  static let trialExtent = 512
  private static let rounds = 7
  /// By how much a kernel must be faster than OpenBLAS's own choice to replace it: one GEMM does not speak for all, and
  /// kernels of equal arithmetic differ by several percent either way from shape to shape.
  private static let margin = 1.08

  /// A worker with the chosen kernel, and what the others reached in the trial (empty where there was none).
  func start(_ choice: CoreTypeChoice) throws(CalibrationError) -> (worker: WorkerProcess, trials: [KernelTrial]) {
    switch choice {
    case .inherited:
      return (
        try WorkerProcess(launch, threads: threads, coreType: nil, inheritsSteering: true, stop: stop), []
      )
    case .named(let name):
      return (try WorkerProcess(launch, threads: threads, coreType: name, stop: stop), [])
    case .automatic: return try startFastest()
    }
  }

  private func startFastest() throws(CalibrationError) -> (worker: WorkerProcess, trials: [KernelTrial]) {
    // OpenBLAS's own choice comes first: ties are its.
    var workers = [try WorkerProcess(launch, threads: threads, coreType: nil, stop: stop)]
    for type in CoreType.plausible(architecture: topology.architecture, features: topology.features)
    where !workers.contains(where: { $0.setting.openBLAS.kernel.lowercased() == type.name.lowercased() }) {
      // A build need not have every kernel.
      do {
        workers.append(try WorkerProcess(launch, threads: threads, coreType: type.name, stop: stop))
      } catch .stopped {
        throw .stopped
      } catch {
        continue
      }
    }
    var best = 0
    var trials: [KernelTrial] = []
    if workers.count > 1 {
      let results = try compare(workers)
      trials = zip(workers, results).map { worker, result in
        KernelTrial(kernel: worker.setting.openBLAS.kernel, flops: Self.flops / result.median)
      }
      // Median and fastest must agree: a neighbour's load slows one of them, rarely both.
      if let fastest = results.indices.min(by: { results[$0].median < results[$1].median }),
        results[0].median > Self.margin * results[fastest].median,
        results[0].minimum > Self.margin * results[fastest].minimum
      {
        best = fastest
      }
    }
    for (index, worker) in workers.enumerated() where index != best { worker.close() }
    return (workers[best], trials)
  }

  /// Timings of each over interleaved rounds, so that a slow moment of the machine hits all alike.
  private func compare(_ workers: [WorkerProcess]) throws(CalibrationError) -> [SampleSummary] {
    let shape: GEMMShape
    do {
      shape = try GEMMShape(m: Self.trialExtent, k: Self.trialExtent, n: Self.trialExtent)
    } catch {
      throw .badPlan("\(error)")
    }
    let request = MeasurementRequest(
      WorkItem(shape, threads: threads), stopping: StopRule(minimumSamples: 3, maximumSamples: 5, halfWidth: 0.01),
      timeLimit: 0.03)
    var seconds = Array(repeating: [Double](), count: workers.count)
    // The first round wakes clocks and loads operands; it does not count.
    for round in 0...Self.rounds {
      for (index, worker) in workers.enumerated() {
        let result = try worker.measure(request)
        if round > 0 { seconds[index] += result.samples }
      }
    }
    let summaries = seconds.compactMap(SampleSummary.init)
    guard summaries.count == workers.count else { throw .worker("it gave no timings") }
    return summaries
  }

  private static let flops = 2 * Double(trialExtent) * Double(trialExtent) * Double(trialExtent)
}
