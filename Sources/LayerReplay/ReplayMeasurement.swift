internal import GEMMTiming
public import HostCalibration

/// What running a model's layers came to.
public struct ReplayMeasurement: Sendable {
  /// The operations that were timed, in the order of the DAG; times are those on cores of their own, the mean over ranks.
  public var operations: [Operation]
  /// The sum of a layer's operations.
  public var layer: Times
  /// The same as the clock said it, whoever shared the cores.
  public var clocked: Times
  /// The share of the layers into which others broke: where enough are left, they do not count.
  public var interrupted: Double
  /// Passes over the layers that were timed.
  public var passes: Int
  /// Layers of a pass.
  public var layers: Int
  /// The library in the ranks' processes.
  public var openBLAS: OpenBLASBuild
  /// The hardware threads that each rank was on; empty where they could not be bound.
  public var hardwareThreads: [[Int]]
  /// What the last layer gave, the same on every rank.
  public var output: Output

  /// One operation.
  public struct Operation: Sendable {
    /// The name of the DAG's node.
    public var name: String
    /// Its times.
    public var times: Times
  }

  /// Times in seconds of what was done again and again.
  public struct Times: Codable, Hashable, Sendable {
    /// The median, and the ends of its 95 % confidence interval.
    public var median, low, high: Double
    /// The fastest.
    public var minimum: Double
    /// How many there were.
    public var count: Int

    init?(_ seconds: [Double]) {
      guard let summary = SampleSummary(seconds) else { return nil }
      (median, low, high) = (summary.median, summary.low, summary.high)
      (minimum, count) = (summary.minimum, summary.count)
    }

    /// The mean over ranks, each of which has the same number of times.
    init?(mean ranks: [Times]) {
      guard let first = ranks.first else { return nil }
      func mean(_ value: (Times) -> Double) -> Double { ranks.reduce(0) { $0 + value($1) } / Double(ranks.count) }
      (median, low, high, minimum) = (mean(\.median), mean(\.low), mean(\.high), mean(\.minimum))
      count = first.count
    }
  }

  /// The activations behind the last layer, told by a few.
  public struct Output: Codable, Hashable, Sendable {
    /// The root of the mean of their squares.
    public var rootMeanSquare: Double
    /// Some of them, evenly far from each other, the first token's first element first.
    public var values: [Float]

    /// How many are told.
    static let count = 64

    init(_ values: UnsafePointer<Float>, count: Int) {
      let step = max(1, count / Self.count)
      self.values = stride(from: 0, to: count, by: step).prefix(Self.count).map { values[$0] }
      rootMeanSquare = ((0..<count).reduce(0.0) { $0 + Double(values[$1]) * Double(values[$1]) } / Double(count))
        .squareRoot()
    }
  }
}
