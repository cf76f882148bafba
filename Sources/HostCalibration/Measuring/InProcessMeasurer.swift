internal import Foundation
internal import GEMMTiming

/// Measures in this process, with the kernel that its OpenBLAS has.
///
/// Not for use from several threads at once: OpenBLAS's number of threads is a setting of the whole process.
public final class InProcessMeasurer: Measurer {
  /// The setting that the measurer found, and the hardware threads that it bound.
  public let setting: MeasurerSetting

  private let arena: OperandArena
  /// The pace of the calling thread's core.
  private let pace: CorePace
  private let core: QuietCore
  /// The pace within long calls; nil where threads are not bound, and nobody knows which cores they run on.
  private let watch: PaceWatch?
  private let responses = PaceResponses()
  private let clockCost: Double
  private let shortestBlock: Double
  private let caches: OperandPlace.Caches
  private let threadsBefore: Int
  private var checkSeed: UInt64

  /// Prepares to measure.
  ///
  /// - Parameters:
  ///   - topology: says how large the last-level cache is and which cores there are.
  ///   - threads: how many threads a call will use.
  ///   - memoryLimit: bytes that operands may take.
  ///   - pins: whether the calling thread and OpenBLAS's own are each bound to a core of their own (they stay so).
  ///   - seed: decides the operands' contents.
  ///   - probesSharing: whether to look which products OpenBLAS shares among threads: takes half a second, and a process
  ///     that has no other threads than OpenBLAS's.
  /// - Throws: ``CalibrationError/tooManyThreads(asked:available:because:)``.
  public init(
    topology: HostTopology, threads: Int, memoryLimit: Double, pins: Bool = false, seed: UInt64 = 1,
    probesSharing: Bool = false
  ) throws(CalibrationError) {
    threadsBefore = OpenBLAS.threads()
    if threads != threadsBefore { OpenBLAS.setThreads(max(1, threads)) }
    guard OpenBLAS.threads() == threads else {
      let available = OpenBLAS.threads()
      OpenBLAS.setThreads(threadsBefore)
      throw .tooManyThreads(
        asked: threads, available: available, because: ThreadLimit.limit(of: OpenBLASBuild.current.name, available))
    }
    let pinned = pins ? try ThreadPinning.pin(threads: threads, topology: topology) : []
    let choices = pinned.isEmpty ? [] : QuietCore.choices(in: topology)
    setting = MeasurerSetting(
      openBLAS: .current, pinnedTo: pinned, choices: threads == 1 ? choices : [],
      loneVolume: probesSharing && threads > 1 ? SharingProbe().loneVolume() : nil)
    caches = OperandPlace.Caches(topology)
    arena = OperandArena(limit: memoryLimit, coldBytes: 2 * caches.last, seed: seed)
    let pace = CorePace(seed: seed)
    let hwloc = pinned.isEmpty ? nil : try Hwloc()
    let core = QuietCore(
      choices: choices, bind: { hwloc?.bindCallingThread(to: $0) ?? false }, slowdown: { pace.slowdown() })
    let watch = hwloc.map { hwloc in
      PaceWatch(cores: threads, seed: seed, hwloc: hwloc) {
        threads == 1 ? core.hardwareThread.map { [$0] } ?? pinned : pinned
      }
    }
    core.onEach {
      watch?.begin()
      pace.learn(oneOf: choices.count)
      _ = watch?.end(on: .alone)
    }
    (self.pace, self.core, self.watch) = (pace, core, watch)
    // A reading of the clock is a thousandth of a block at most; what it takes is subtracted, which leaves a tenth of that.
    clockCost = MonotonicClock.cost()
    shortestBlock = max(1e-4, 1e3 * clockCost)
    checkSeed = seed
  }

  /// Frees the operands and gives OpenBLAS its former number of threads.
  public func close() {
    arena.release()
    if OpenBLAS.threads() != threadsBefore { OpenBLAS.setThreads(threadsBefore) }
  }

  /// Frees the operands when they take more than so many bytes.
  public func trim(to bytes: Double) {
    if arena.bytes > bytes { arena.release() }
  }

  /// Times one item: warm-up, check, then blocks of calls until the median is known or the time is up.
  public func measure(_ request: MeasurementRequest) throws(CalibrationError) -> Measurement {
    let item = request.item
    let begin = MonotonicClock.now()
    guard item.threads == setting.openBLAS.threads else {
      throw .tooManyThreads(asked: item.threads, available: setting.openBLAS.threads)
    }
    let calls = try CallRunner(item: item, arena: arena)
    let isAlone = setting.isAlone(item)
    if isAlone { _ = core.seek() } else { core.goHome() }
    let place = OperandPlace(item, isAlone: isAlone, beside: caches)
    // The watch listens to the cores of all threads, of which a product that one does alone has but one, or another.
    let isWatched = item.threads == 1 || !isAlone
    let blocks = TimedBlocks(
      isAlone: isAlone, clockCost: clockCost, pace: pace, watch: isWatched ? watch : nil,
      response: responses[item, isAlone: isAlone], isSteady: place.isSteady, streams: place.streams)
    var visit = Visit(
      request, calls: calls, blocks: blocks, place: place, core: core, shortestBlock: shortestBlock)
    // From here on, nothing that stays is put on the heap.
    let heap = HeapEnd()
    defer { heap.release() }
    try visit.begin { (calls) throws(CalibrationError) in try calls.checkResult(seed: &checkSeed) }
    let disturbance = Disturbance()
    visit.prepare()
    visit.sample()

    let (switches, stolen, waited) = disturbance.sinceThen()
    let samples = visit.blocks.samples(atLeast: request.stopping.minimumSamples)
    responses[item, isAlone: isAlone].learn(visit.blocks.heard)
    return Measurement(
      samples: samples.seconds, callsPerSample: visit.callsPerBlock, slowdown: samples.slowdown,
      excess: samples.excess, involuntarySwitches: switches, stolenSeconds: stolen,
      waitedShare: waited, wallSeconds: MonotonicClock.now() - begin,
      pinnedTo: isAlone ? core.hardwareThread.map { [$0] } ?? setting.pinnedTo : setting.pinnedTo)
  }
}
