public import TransformerModels

/// A measured step beside its forecast, operation by operation: nothing of either is left out.
///
/// All measured figures are of one step: the mean, where several were measured.
public struct StepComparison: Sendable {
  /// What makes a measured and a forecast operation the same.
  public enum Basis: String, Sendable, CaseIterable {
    /// The same extents; a product and the same one transposed are one.
    case shape
    /// A product that one side does in several pieces side by side.
    case pieces
    /// Exchanges of one kind among as many ranks, cut into messages of other sizes.
    case sizes
    /// What they do: of one side or both no extents are known.
    case kind
    /// The forecast has no counterpart.
    case measuredOnly = "only-in-trace"
    /// The trace has no counterpart.
    case forecastOnly = "only-in-forecast"
  }

  /// What was measured of an operation.
  public struct Measured: Sendable {
    /// How often it was done in a step.
    public var calls: Double
    /// Seconds in a step.
    public var seconds: Double
    /// The same by the trace's names, the longest first.
    public var names: [(name: String, calls: Double, seconds: Double)]
  }

  /// What was forecast of an operation.
  public struct Forecast: Sendable {
    /// How often it is done in a step.
    public var calls: Double
    /// Seconds in a step, ends with ends.
    public var interval: TimeInterval90
    /// The operations of the graph.
    public var names: [String]
  }

  /// An operation, or several that cannot be told apart.
  public struct Row: Sendable {
    /// What it does.
    public var kind: MeasuredStep.Kind
    /// By what both sides were brought together.
    public var basis: Basis
    /// Its extents, of one call; of several sizes unknown.
    public var work: MeasuredStep.Work
    /// nil where the trace has none.
    public var measured: Measured?
    /// nil where the forecast has none.
    public var forecast: Forecast?

    /// Measured less forecast, in seconds: above 0 where it takes longer than forecast.
    public var gap: Double { (measured?.seconds ?? 0) - (forecast?.interval.seconds ?? 0) }

    /// Whether the measured time lies in the forecast's 90 % interval; nil where one of them is missing.
    public var isInside: Bool? {
      guard let measured, let interval = forecast?.interval else { return nil }
      return interval.low <= measured.seconds && measured.seconds <= interval.high
    }
  }

  /// The step's length, and what of it the GPU works, in seconds.
  public struct Length: Sendable {
    /// From the step's begin to its end.
    public var whole: Double
    /// What of it at least one operation fills.
    public var busy: Double
    /// What of it none fills.
    public var idle: Double { whole - busy }
  }

  /// The model's name.
  public let model: String
  /// The device of the forecast.
  public let device: String
  /// What was measured.
  public let step: MeasuredStep
  /// The rows, the largest gap first.
  public let rows: [Row]
  /// The measured length of one step; nil where the profiler does not tell.
  public let measured: Length?
  /// The forecast length.
  public let forecast: Length
  /// The forecast length's 90 % interval.
  public let interval: TimeInterval90
  /// Sentences on what both sides rest on.
  public let assumptions: [String]

  /// Compares one GPU's measured step with a forecast's.
  ///
  /// O(n log n) in the operations of both.
  ///
  /// - Parameters:
  ///   - step: what was measured.
  ///   - estimate: the forecast.
  ///   - stage: the pipeline stage of the GPU, below the plan's `pp`.
  ///   - assumptions: sentences on where the figures are from.
  public init(_ step: MeasuredStep, _ estimate: StepEstimate, stage: Int = 0, assumptions: [String] = []) {
    self.init(
      step, operations: estimate.operations(ofStage: stage), model: estimate.model.name, device: estimate.device,
      forecast: Length(estimate, stage: stage), interval: estimate.totals.schedule, assumptions: assumptions)
  }

  init(
    _ step: MeasuredStep, operations: [StageOperation], model: String, device: String, forecast: Length,
    interval: TimeInterval90, assumptions: [String]
  ) {
    (self.step, self.model, self.device) = (step, model, device)
    (self.forecast, self.interval, self.assumptions) = (forecast, interval, assumptions)
    let steps = Double(max(1, step.steps))
    if let span = step.span, let busy = step.busy {
      measured = Length(whole: span / steps, busy: busy / steps)
    } else {
      measured = nil
    }
    rows = StepMatching(step, operations).rows.enumerated().sorted { left, right in
      let (a, b) = (abs(left.element.gap), abs(right.element.gap))
      return a != b ? a > b : left.offset < right.offset
    }.map(\.element)
  }

  /// Seconds of all measured operations of a step, beside each other or not.
  public var measuredSeconds: Double { rows.reduce(0) { $0 + ($1.measured?.seconds ?? 0) } }

  /// The forecast of all operations, ends with ends.
  public var forecastSeconds: TimeInterval90 { Self.sum(rows) }

  /// Seconds of all gaps, whichever way they go.
  public var gaps: Double { rows.reduce(0) { $0 + abs($1.gap) } }

  /// A row's part of all gaps, below 0 where it takes less than forecast.
  public func share(_ row: Row) -> Double { gaps > 0 ? row.gap / gaps : 0 }

  static func sum(_ rows: some Sequence<Row>) -> TimeInterval90 {
    rows.reduce(TimeInterval90(seconds: 0, low: 0, high: 0)) { sum, row in
      row.forecast.map { sum + $0.interval } ?? sum
    }
  }
}

extension StepComparison.Length {
  /// The forecast of a stage: its GPUs are idle where they wait for other stages or for the host's launching.
  fileprivate init(_ estimate: StepEstimate, stage: Int) {
    whole = estimate.schedule.makespan
    let expenses = estimate.stageExpenses
    guard expenses.indices.contains(stage) else {
      busy = whole
      return
    }
    busy = whole - expenses[stage][.bubble] - expenses[stage][.launch]
  }
}
