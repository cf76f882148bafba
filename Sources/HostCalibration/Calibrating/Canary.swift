internal import GEMMTiming

/// A fixed GEMM that is measured again and again between the others: when it is slow, the host is.
struct Canary {
  /// The extent of the square GEMM.
  static let extent = 256
  private let request: MeasurementRequest
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

  /// Its usual time in seconds, the median of all; nil before the first.
  var usual: Double? { SampleSummary(history)?.median }

  /// Its usual speed in flop/s.
  var flopsPerSecond: Double? { usual.map { request.item.shape.flops / $0 } }

  /// Measures it, and returns its time over the usual one.
  mutating func sing(with measurer: any Measurer) throws(CalibrationError) -> Double {
    let result = try measurer.measure(request)
    guard let now = SampleSummary(result.samples)?.median else { return 1 }
    history.append(now)
    return now / (usual ?? now)
  }
}
