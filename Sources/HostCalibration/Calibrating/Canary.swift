internal import GEMMTiming

/// A fixed GEMM that is measured again and again between the others: when it is slow, the host is.
///
/// With one thread it is a square of 256, which feels clocks, neighbours and memory. With several it is the smallest
/// square that OpenBLAS's AVX-512 kernels share out (above 10⁶ multiply-adds): most of its time is the handing over
/// between cores. A virtual machine's cores may share a last-level cache for some minutes and then not: on an EPYC the
/// square takes 19 µs in the one state and 41 to 48 in the other, a skinny product up to eight times as long.
struct Canary {
  private var request: MeasurementRequest
  /// All its times, ascending.
  private var history: [Double] = []

  /// The times' ratio from which two states of the host are different ones.
  private static let stateRatio = 1.5

  /// The extent of the square GEMM.
  static func extent(threads: Int) -> Int { threads > 1 ? 104 : 256 }

  /// Seconds between two measurements of it: hand-overs change within tens of milliseconds.
  static func interval(threads: Int) -> Double { threads > 1 ? 0.02 : 0.15 }

  /// A canary with so many threads.
  init(threads: Int) throws(CalibrationError) {
    do {
      let extent = Self.extent(threads: threads)
      request = MeasurementRequest(
        WorkItem(try GEMMShape(m: extent, k: extent, n: extent), threads: threads),
        stopping: Self.stopping, timeLimit: Self.firstLimit, checksResult: false)
    } catch {
      throw .badPlan("\(error)")
    }
  }

  /// Three samples, whatever they show.
  static let stopping = StopRule(minimumSamples: 3, maximumSamples: 3)

  /// Seconds that its first measurements may take, and how many times its undisturbed time the later ones: a canary that waited
  /// for the core to be its own would find every host quiet.
  private static let firstLimit = 0.1
  private static let patience = 4.0

  /// Its time in seconds on a host that nobody slows, in the state that prevailed so far: the lower tenth of the times
  /// in that state; nil before the first.
  ///
  /// Not the median: a virtual machine whose cores share one physical core for a while is slow for most of a run.
  var undisturbed: Double? {
    guard !history.isEmpty else { return nil }
    let fastest = history[history.count / 10]
    let others = history[(history.firstIndex { $0 > Self.stateRatio * fastest } ?? history.count)...]
    guard request.item.threads > 1, 2 * others.count > history.count else { return fastest }
    return others[others.startIndex + others.count / 10]
  }

  /// Its speed on an undisturbed host in flop/s.
  var flopsPerSecond: Double? { undisturbed.map { request.item.shape.flops / $0 } }

  /// Times it once more, and returns its time in seconds.
  mutating func measure(with measurer: any Measurer) throws(CalibrationError) -> Double {
    if let undisturbed { request.timeLimit = Self.patience * undisturbed }
    let result = try measurer.measure(request)
    guard let now = SampleSummary(result.samples)?.median else { return undisturbed ?? 0 }
    history.insert(now, at: history.firstIndex { $0 > now } ?? history.count)
    return now
  }

  /// How many times as long as on an undisturbed host so many seconds are.
  func slowdown(_ seconds: Double) -> Double {
    guard let undisturbed, undisturbed > 0 else { return 1 }
    return seconds / undisturbed
  }

  /// Whether what is measured beside a canary of such a slowdown is worth measuring again.
  func isSlow(_ slowdown: Double) -> Bool { slowdown > (request.item.threads > 1 ? 1.25 : 1.05) }

  /// Whether a visit beside a canary of such a slowdown counts only where no other does: the host was slow, or its
  /// cores were in another state than for most of the run.
  static func isOdd(_ slowdown: Double, threads: Int) -> Bool {
    threads > 1 ? slowdown > 1.25 || slowdown < 1 / stateRatio : slowdown > 1.1
  }
}
