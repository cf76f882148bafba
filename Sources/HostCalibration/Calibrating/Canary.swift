internal import GEMMTiming

/// A fixed GEMM that is measured again and again between the others: when it is slow, the host is.
struct Canary {
  /// The extent of the square GEMM.
  static let extent = 256
  private let request: MeasurementRequest
  /// All times heard, ascending.
  private var history: [Double] = []

  /// A canary with so many threads.
  init(threads: Int) throws(CalibrationError) {
    do {
      let shape = try GEMMShape(m: Self.extent, k: Self.extent, n: Self.extent)
      request = MeasurementRequest(
        WorkItem(shape, threads: threads), stopping: StopRule(minimumSamples: 3, maximumSamples: 3),
        timeLimit: 1, checksResult: false)
    } catch {
      throw .badPlan("\(error)")
    }
  }

  /// Its time in seconds on a host that nobody slows: the lower tenth of all; nil before the first.
  ///
  /// Not the median: a virtual machine whose cores share one physical core for a while is slow for most of a run.
  var undisturbed: Double? { history.isEmpty ? nil : history[history.count / 10] }

  /// Its speed on an undisturbed host in flop/s.
  var flopsPerSecond: Double? { undisturbed.map { request.item.shape.flops / $0 } }

  /// Measures it, and returns its time in seconds.
  mutating func sing(with measurer: any Measurer) throws(CalibrationError) -> Double {
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
}
