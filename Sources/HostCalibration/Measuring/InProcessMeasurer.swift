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
  private let clockCost: Double
  private let shortestBlock: Double
  private let lastLevelBytes: Double
  private let nearBytes: Double
  private let nearestBytes: Double
  private let threadsBefore: Int
  private var checkSeed: UInt64

  /// Seconds until a core that had nothing to do runs wide vector instructions at its usual clock.
  private static let wakeUp = 3e-4
  /// Seconds of calls until a second-level cache holds what operands beyond the first need of it: on a Sapphire Rapids
  /// core, products of 0.1 to 1 MB take 1 to 3 % longer in the first millisecond than in later ones.
  private static let warmUp = 1e-3
  /// Calls one after the other that are no faster than those before them, after which operands count as settled.
  private static let settledCalls = 2
  /// Flops a byte and seconds from which a product's time no longer depends on which cache its operands come from.
  private static let reuse = 64.0
  private static let longCall = 1e-2
  /// Second-level caches' sizes beyond which operands stream, and flops a byte from which they do not.
  ///
  /// On a Zen 3 core the pace after (5000, 1000, 2), 20 MB, is a third slower for 60 µs and more, after 512³ it is not.
  private static let (streamed, streaming) = (8.0, 16.0)

  /// Prepares to measure.
  ///
  /// - Parameters:
  ///   - topology: says how large the last-level cache is and which cores there are.
  ///   - threads: how many threads a call will use.
  ///   - memoryLimit: bytes that operands may take.
  ///   - pins: whether the calling thread and OpenBLAS's own are each bound to a core of their own (they stay so).
  ///   - seed: decides the operands' contents.
  /// - Throws: ``CalibrationError/tooManyThreads(asked:available:)``.
  public init(
    topology: HostTopology, threads: Int, memoryLimit: Double, pins: Bool = false, seed: UInt64 = 1
  ) throws(CalibrationError) {
    threadsBefore = OpenBLAS.threads()
    if threads != threadsBefore { OpenBLAS.setThreads(max(1, threads)) }
    guard OpenBLAS.threads() == threads else {
      let available = OpenBLAS.threads()
      OpenBLAS.setThreads(threadsBefore)
      throw .tooManyThreads(asked: threads, available: available)
    }
    let pinned = pins ? try ThreadPinning.pin(threads: threads, topology: topology) : []
    let choices = threads == 1 && !pinned.isEmpty ? QuietCore.choices(in: topology) : []
    setting = MeasurerSetting(openBLAS: .current, pinnedTo: pinned, choices: choices)
    lastLevelBytes = Double(topology.lastLevelCache?.size ?? 32 << 20)
    func largest(_ level: Int) -> Int? {
      topology.caches.filter { $0.level == level && $0.kind != .instruction }.map(\.size).max()
    }
    nearBytes = Double(largest(2) ?? 1 << 20)
    nearestBytes = Double(largest(1) ?? 32 << 10)
    arena = OperandArena(limit: memoryLimit, coldBytes: 2 * lastLevelBytes, seed: seed)
    let pace = CorePace(seed: seed)
    let hwloc = choices.isEmpty ? nil : try Hwloc()
    core = QuietCore(
      choices: choices, bind: { hwloc?.bindCallingThread(to: $0) ?? false }, slowdown: { pace.slowdown() })
    core.onEach { pace.learn(oneOf: choices.count) }
    self.pace = pace
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
    var calls = try CallRunner(item: item, arena: arena)
    _ = core.seek()

    // The first call loads pages, code and, when hot, the operands; blocks more wake a core and fill its caches, unless
    // that call took long enough to do so.
    let isAlone = item.threads == 1 || item.shape.flops <= 2 * OpenBLAS.leastSharedVolume
    var blocks = TimedBlocks(
      threads: item.threads, clockCost: clockCost, pace: pace,
      isSteady: isAlone && item.cache == .hot && item.operandBytes <= nearBytes / 2,
      streams: item.operandBytes > Self.streamed * nearBytes && item.shape.flops < Self.streaming * item.operandBytes)
    // From here on, nothing that stays is put on the heap.
    let heap = HeapEnd()
    defer { heap.release() }
    let first = blocks.time(1, of: &calls)
    if request.checksResult { try calls.checkResult(seed: &checkSeed) }
    var estimate = first
    let fillsCaches = item.cache == .hot && item.operandBytes > nearestBytes
    /// Calls until a core is awake and its caches are full, `warm` seconds of which are past.
    func warmUp(_ warm: Double) {
      var warm = warm
      while warm < (fillsCaches ? Self.warmUp : Self.wakeUp), first < request.timeLimit / 2 {
        let count = max(1, Int(min(shortestBlock / 4 / max(estimate, 1e-9), 1e7)))
        let spent = calls.time(count)
        estimate = spent / Double(count)
        warm += spent
      }
    }
    warmUp(first)
    let disturbance = Disturbance()
    let isFar = item.operandBytes > nearBytes / 2 && item.operandBytes <= lastLevelBytes
    let isIndifferent = item.shape.flops >= Self.reuse * item.operandBytes && first >= Self.longCall
    let settles = item.cache == .hot && isFar && !isIndifferent
    if settles { estimate = settle(&calls, &blocks, from: estimate, within: request.timeLimit) }
    let perBlock = max(1, Int(min((shortestBlock / max(estimate, 1e-9)).rounded(.up), 1e8)))
    // What was timed so far counts where a call is a block and was like those to come: settled, too long to feel where its
    // operands come from, or with operands that no cache holds, which are as far away in the first call as in all others.
    let isOutside = first >= shortestBlock && item.operandBytes > lastLevelBytes
    let counts = perBlock == 1 && (settles || isIndifferent || isOutside)
    if counts { blocks.forgetApproach() } else { blocks.restart() }

    var stopping = StopDecision(rule: request.stopping)
    let end = MonotonicClock.now() + request.timeLimit - blocks.seconds
    while blocks.count == 0 || !stopping.isEnough(blocks.undisturbed) {
      let now = MonotonicClock.now()
      if blocks.count > 0, now >= end, !(blocks.lacksUndisturbed && now < end + request.patience) { break }
      leaveSharedCore(&blocks) { if estimate < Self.longCall { warmUp(0) } }
      _ = blocks.time(perBlock, of: &calls)
    }
    let (switches, stolen) = disturbance.sinceThen()
    let (samples, slowdown) = blocks.samples(atLeast: request.stopping.minimumSamples)
    return Measurement(
      samples: samples, callsPerSample: perBlock, slowdown: slowdown, involuntarySwitches: switches,
      stolenSeconds: stolen, wallSeconds: MonotonicClock.now() - begin,
      pinnedTo: core.hardwareThread.map { [$0] } ?? setting.pinnedTo)
  }

  /// Looks for another core where the one that blocks are timed on is shared; `warmUp` makes a new one ready.
  private func leaveSharedCore(_ blocks: inout TimedBlocks, _ warmUp: () -> Void = {}) {
    guard blocks.isShared else { return }
    switch core.seek() {
    case .stayed: return
    case .returned: break
    case .moved: warmUp()
    }
    blocks.resume()
  }

  /// Calls until the time falls no more; returns the time of the last call.
  ///
  /// A last-level cache that takes what the one before it drops holds operands only after several passes over them: on a
  /// Zen 4 core, (5339, 640, 1) takes 1432, 1271, 1162 … 772 µs in sixteen calls after others' operands, a product of
  /// 512 in each dimension is there with the second.
  private func settle(
    _ calls: inout CallRunner, _ blocks: inout TimedBlocks, from first: Double, within limit: Double
  ) -> Double {
    let end = MonotonicClock.now() + max(limit, 12 * first)
    var (fastest, last) = (first, first)
    var calm = 0
    for _ in 0..<12 where calm < Self.settledCalls && MonotonicClock.now() < end {
      leaveSharedCore(&blocks)
      last = blocks.time(1, of: &calls)
      calm = last > 0.98 * fastest ? calm + 1 : 0
      fastest = min(fastest, last)
    }
    return last
  }
}
