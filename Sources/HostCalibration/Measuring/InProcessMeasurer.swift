internal import Foundation
internal import GEMMTiming

/// Measures in this process, with the kernel that its OpenBLAS has.
///
/// Not for use from several threads at once: OpenBLAS's number of threads is a setting of the whole process.
public final class InProcessMeasurer: Measurer {
  /// The setting that the measurer found, and the hardware threads that it bound.
  public private(set) var setting: MeasurerSetting

  private let arena: OperandArena
  private let shortestBlock: Double
  private let lastLevelBytes: Double
  private let nearBytes: Double
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
    setting = MeasurerSetting(openBLAS: .current, pinnedTo: pinned)
    lastLevelBytes = Double(topology.lastLevelCache?.size ?? 32 << 20)
    nearBytes = Double(topology.caches.filter { $0.level == 2 }.map(\.size).max() ?? 1 << 20)
    arena = OperandArena(limit: memoryLimit, coldBytes: 2 * lastLevelBytes, seed: seed)
    // The clock's two readings are a ten-thousandth of a block at most.
    shortestBlock = max(1e-4, 2e4 * MonotonicClock.cost())
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

    // The first call loads pages, code and, when hot, the operands; a block more wakes a core that had nothing to do.
    var blocks = TimedBlocks(threads: item.threads)
    let first = blocks.time(1, of: &calls)
    if request.checksResult { try calls.checkResult(seed: &checkSeed) }
    var estimate = first
    var warm = 0.0
    while warm < shortestBlock, first < request.timeLimit / 8 {
      let count = max(1, Int(min(shortestBlock / 4 / max(estimate, 1e-9), 1e7)))
      let spent = calls.time(count)
      estimate = spent / Double(count)
      warm += spent
    }
    if item.cache == .hot, item.operandBytes > nearBytes / 2, item.operandBytes <= lastLevelBytes {
      estimate = settle(&calls, from: estimate, within: request.timeLimit)
    }
    let perBlock = max(1, Int(min((shortestBlock / max(estimate, 1e-9)).rounded(.up), 1e8)))
    // Operands that no cache holds are as far away in the first call as in all others: it counts.
    let firstCounts = first >= shortestBlock && item.operandBytes > lastLevelBytes
    if !firstCounts { blocks = TimedBlocks(threads: item.threads) }

    let disturbance = Disturbance()
    var stopping = StopDecision(rule: request.stopping)
    let end = MonotonicClock.now() + request.timeLimit - (firstCounts ? first : 0)
    while blocks.isEmpty || !stopping.isEnough(blocks.whole) && MonotonicClock.now() < end {
      _ = blocks.time(perBlock, of: &calls)
    }
    let (switches, stolen) = disturbance.sinceThen()
    return Measurement(
      samples: blocks.samples(atLeast: request.stopping.minimumSamples), callsPerSample: perBlock,
      involuntarySwitches: switches, stolenSeconds: stolen, wallSeconds: MonotonicClock.now() - begin)
  }

  /// Calls until the time falls no more; returns the time of the last.
  ///
  /// A last-level cache that takes what the one before it drops holds operands only after several passes over them: on a
  /// Zen 4 core, (5339, 640, 1) takes 1432, 1271, 1162 … 772 µs in sixteen calls after others' operands, a product of
  /// 512 in each dimension is there with the second.
  private func settle(_ calls: inout CallRunner, from first: Double, within limit: Double) -> Double {
    let end = MonotonicClock.now() + max(limit, 12 * first)
    var (fastest, last, calm) = (first, first, 0)
    for _ in 0..<12 where calm < 2 && MonotonicClock.now() < end {
      last = calls.time(1)
      calm = last > 0.98 * fastest ? calm + 1 : 0
      fastest = min(fastest, last)
    }
    return last
  }
}

/// The blocks of calls that were timed: those that ran through, and those that the scheduler broke into.
private struct TimedBlocks {
  /// Seconds of a call in blocks that ran through.
  private(set) var whole: [Double] = []
  private var broken: [Double] = []
  private let threads: Int
  private var switchesBefore = Disturbance.involuntarySwitches()

  init(threads: Int) { self.threads = threads }

  var isEmpty: Bool { whole.isEmpty && broken.isEmpty }

  /// Times a block of calls; returns its seconds.
  mutating func time(_ count: Int, of calls: inout CallRunner) -> Double {
    let threadBefore = MonotonicClock.threadTime()
    let block = calls.time(count)
    let onCore = MonotonicClock.threadTime() - threadBefore
    let switchesNow = Disturbance.involuntarySwitches()
    if switchesNow == switchesBefore {
      whole.append(block / Double(count))
    } else {
      // One thread's time on its core leaves the neighbour's turn out; of several threads it says nothing.
      broken.append((threads == 1 ? min(block, onCore) : block) / Double(count))
    }
    switchesBefore = switchesNow
    return block
  }

  /// The whole blocks; the broken ones too where whole ones are too few: long ones hardly ever escape.
  func samples(atLeast count: Int) -> [Double] { whole.count >= count ? whole : whole + broken }
}
