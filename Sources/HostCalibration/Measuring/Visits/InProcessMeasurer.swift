internal import Foundation
internal import GEMMTiming

/// Measures in this process, with the kernel that its OpenBLAS has.
///
/// Not for use from several threads at once: OpenBLAS's number of threads is a setting of the whole process.
public final class InProcessMeasurer: Measurer {
  private let cores: BoundCores
  private let arena: OperandArena
  private let corrections = SharingCorrections()
  private let clockCost: Double
  private let shortestBlock: Double
  private var checkSeed: UInt64

  /// The setting that the measurer found, and the hardware threads that it bound.
  public var setting: MeasurerSetting { cores.setting }

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
    cores = try BoundCores(
      topology: topology, threads: threads, pins: pins, moves: true, seed: seed, probesSharing: probesSharing)
    arena = OperandArena(limit: memoryLimit, coldBytes: 2 * cores.caches.last, seed: seed)
    // A reading of the clock is a thousandth of a block at most; what it takes is subtracted, which leaves a tenth of that.
    clockCost = MonotonicClock.cost()
    shortestBlock = max(1e-4, 1e3 * clockCost)
    checkSeed = seed
  }

  /// Frees the operands and gives OpenBLAS its former number of threads.
  public func close() {
    arena.release()
    cores.restoreThreads()
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
    if isAlone { cores.seekQuiet() } else { cores.quietCore.goHome() }
    let place = OperandPlace(item, isAlone: isAlone, beside: cores.caches)
    let correction = corrections[item, isAlone: isAlone]
    // The samplers are on the cores of all threads, of which a product that one does alone has but one, or another.
    let isSampled = item.threads == 1 || !isAlone
    let timer = BlockTimer(
      calls, isAlone: isAlone, streams: place.streams, scale: correction.scale, slowdown: cores.slowdown,
      sampler: isSampled ? cores.sampler : nil, clockCost: clockCost)
    let blocks = TimedBlocks(isAlone: isAlone, isSteady: place.isSteady, correction: correction)
    var visit = Visit(
      request, timer: timer, blocks: blocks, place: place, core: cores.quietCore, shortestBlock: shortestBlock)
    // From here on, nothing that stays is put on the heap.
    let heap = HeapEnd()
    defer { heap.release() }
    visit.begin()
    if request.checksResult { try visit.timer.calls.checkResult(seed: &checkSeed) }
    let disturbance = Disturbance()
    visit.prepare()
    visit.sample()

    var state = disturbance.sinceThen()
    let samples = visit.blocks.samples(atLeast: request.stopping.minimumSamples)
    corrections[item, isAlone: isAlone].learn(visit.blocks.callsWithReadings)
    state.coreSlowdown = samples.slowdown
    state.rawSeconds = SampleSummary(samples.seconds).map { $0.median * samples.factor }
    return Measurement(
      samples: samples.seconds, callsPerSample: visit.callsPerBlock, state: state,
      wallSeconds: MonotonicClock.now() - begin,
      pinnedTo: cores.hardwareThreads(isAlone: isAlone))
  }
}
