internal import Foundation
internal import GEMMTiming

/// Starts the worker with the kernel that was asked for, or with the fastest of those that suit the CPU.
struct KernelChooser {
  let launch: WorkerProcess.Launch
  let topology: HostTopology
  let threads: Int
  let stop: StopFlag

  /// The GEMMs (m, k, n) that kernels are compared on.
  ///
  /// One for the blocked product, small ones, a decoding step, a tall and a shallow one: one alone does not speak for
  /// all. OpenBLAS's AVX-512 kernels are no faster than its AVX2 kernel on a large product on some CPUs, and twice as
  /// fast on small ones.
  static let trialExtents = [
    (512, 512, 512), (48, 48, 48), (20, 100, 70), (4, 512, 1024), (1500, 64, 64), (300, 16, 400),
  ]
  private static let rounds = 7
  /// By how much a kernel must be faster than OpenBLAS's own choice to replace it: a few GEMMs do not speak for all.
  private static let margin = 1.08
  /// Kernels this close to the fastest are as fast as it: the trial repeats no better.
  private static let tie = 1.03

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
        KernelTrial(kernel: worker.setting.openBLAS.kernel, flops: result.median)
      }
      best = Self.chosen(results)
    }
    for (index, worker) in workers.enumerated() where index != best { worker.close() }
    return (workers[best], trials)
  }

  /// The place of the kernel to keep.
  ///
  /// The library's own choice, which comes first, unless another is clearly faster; of those that are as fast as the
  /// fastest, the last, which is made for the newest CPUs: a second run, whose trial comes out a little otherwise, then
  /// measures the same kernel.
  static func chosen(_ results: [(median: Double, best: Double)]) -> Int {
    // Median and fastest must agree: a neighbour's load slows one of them, rarely both.
    guard let own = results.first,
      let fastest = results.max(by: { $0.median < $1.median }),
      fastest.median > margin * own.median, fastest.best > margin * own.best
    else { return 0 }
    return results.indices.last { results[$0].median * tie >= fastest.median } ?? 0
  }

  /// The geometric mean over the trial's GEMMs of the flop/s that each worker reached, over interleaved rounds, so
  /// that a slow moment of the machine hits all alike.
  private func compare(
    _ workers: [WorkerProcess]
  ) throws(CalibrationError) -> [(median: Double, best: Double)] {
    var rates = Array(repeating: (median: 0.0, best: 0.0), count: workers.count)
    for (m, k, n) in Self.trialExtents {
      let shape: GEMMShape
      do {
        shape = try GEMMShape(m: m, k: k, n: n)
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
      for (index, samples) in seconds.enumerated() {
        guard let summary = SampleSummary(samples) else { throw .worker("it gave no timings") }
        rates[index].median += log(shape.flops / summary.median)
        rates[index].best += log(shape.flops / summary.minimum)
      }
    }
    let count = Double(Self.trialExtents.count)
    return rates.map { (exp($0.median / count), exp($0.best / count)) }
  }
}
