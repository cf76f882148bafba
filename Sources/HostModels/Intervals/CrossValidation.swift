public import GEMMTiming
public import ModelStatistics

/// One measured shape beside what a model said that had not seen it.
public struct HeldOutPoint: Hashable, Sendable {
  /// What was measured.
  public let shape: GEMMShape
  /// Measured median in seconds.
  public let measured: Double
  /// Predicted median in seconds.
  public let predicted: Double
  /// Lower end of the 90 % interval in seconds, that of a time as unsure as the measured one.
  public let low: Double
  /// Upper end of that interval in seconds.
  public let high: Double
  /// The relative standard error of the measured median, where its confidence interval is known.
  public let noise: Double?

  /// Sets a prediction beside a measurement.
  public init(
    shape: GEMMShape, measured: Double, predicted: Double, low: Double, high: Double, noise: Double? = nil
  ) {
    self.shape = shape
    self.measured = measured
    self.predicted = predicted
    self.low = low
    self.high = high
    self.noise = noise
  }

  /// (predicted − measured) / measured.
  public var relativeError: Double { (predicted - measured) / measured }

  /// Whether the measured time lies in the 90 % interval.
  public var isCovered: Bool { low <= measured && measured <= high }
}

/// The k-fold held-out test of a fit: every row predicted by a model that was fitted without its fold.
public struct CrossValidation: Hashable, Sendable {
  /// The parts that the rows were dealt into.
  public let folds: Int
  /// One point a GEMM shape, sorted by m, k and n.
  public let points: [HeldOutPoint]

  /// Gathers held-out points.
  public init(folds: Int, points: [HeldOutPoint]) {
    self.folds = folds
    self.points = points
  }

  /// The error in one regime; nil where no row lies in it.
  ///
  /// O(n log n).
  public func statistics(_ regime: Regime = .all) -> ErrorStatistics? {
    ErrorStatistics(
      points.lazy.filter { regime.contains($0.shape) }.map { ($0.measured, $0.predicted, $0.low, $0.high) })
  }

  /// The mean |difference| that two measurements of one shape would have, relative: what no model can beat.
  ///
  /// From the confidence intervals of the table: two medians with standard error s differ by 2s/√π on average when
  /// they are normal. nil where the table has no intervals in that regime. It counts only the noise within a run.
  public func repeatNoise(_ regime: Regime = .all) -> Double? {
    let noises = points.filter { regime.contains($0.shape) }.compactMap(\.noise)
    guard !noises.isEmpty else { return nil }
    return noises.reduce(0, +) / Double(noises.count) * 2 / Double.pi.squareRoot()
  }

  /// The points of largest |error|, the worst first.
  ///
  /// O(n log n).
  public func worst(_ count: Int) -> [HeldOutPoint] {
    Array(points.sorted { abs($0.relativeError) > abs($1.relativeError) }.prefix(count))
  }
}
