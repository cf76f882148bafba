public import GEMMTiming
public import TransformerModels

/// The operations of one layer as they were measured on a host, beside what was forecast of them.
public struct ReplayReport: Sendable {
  /// Measured times in seconds.
  public struct Measured: Hashable, Sendable {
    /// The median, and the ends of its 95 % confidence interval.
    public var seconds, low, high: Double
    /// The fastest.
    public var minimum: Double
    /// How many times it was measured.
    public var samples: Int

    /// A median with its interval.
    public init(seconds: Double, low: Double, high: Double, minimum: Double, samples: Int) {
      (self.seconds, self.low, self.high) = (seconds, low, high)
      (self.minimum, self.samples) = (minimum, samples)
    }
  }

  /// One operation.
  public struct Operation: Sendable {
    /// The name of the DAG's node, or one that the DAG has no node for.
    public var name: String
    /// What the DAG has it do.
    public var operation: GEMMTiming.Operation
    /// How the operands of a product lie.
    public var layout: OperandLayout?
    /// What was measured.
    public var measured: Measured
    /// What was forecast; nil where the host's model tells nothing of it.
    public var forecast: TimePrediction?

    /// A measured operation and its forecast.
    public init(
      name: String, operation: GEMMTiming.Operation, layout: OperandLayout? = nil, measured: Measured,
      forecast: TimePrediction?
    ) {
      (self.name, self.operation, self.layout) = (name, operation, layout)
      (self.measured, self.forecast) = (measured, forecast)
    }

    /// Whether ranks exchange something.
    public var isExchange: Bool {
      if case .communication = operation { return true }
      return false
    }

    /// Forecast less measured, in seconds; nil without a forecast.
    public var gap: Double? { forecast.map { $0.seconds - measured.seconds } }

    /// Whether the measured time lies in the forecast's 90 % interval.
    public var isInside: Bool? { forecast.map { $0.low <= measured.seconds && measured.seconds <= $0.high } }
  }

  /// What computed the layers.
  public struct Setting: Sendable {
    var library, kernel: String
    var ranks, threads: Int
    var hardwareThreads: [Int]
    var weights: String

    /// Names a library, its kernel, processes and threads of each, where they were bound, and how weights lay.
    public init(
      library: String, kernel: String, ranks: Int, threads: Int, hardwareThreads: [Int], weights: String
    ) {
      (self.library, self.kernel, self.weights) = (library, kernel, weights)
      (self.ranks, self.threads, self.hardwareThreads) = (ranks, threads, hardwareThreads)
    }
  }

  /// The model's name.
  public var model: String
  /// Layers of the model.
  public var modelLayers: Int
  /// Words on what was run: batch, sequence, division.
  public var work: String
  /// The host's name in timing tables.
  public var device: String
  /// The operations in the order of the DAG.
  public var operations: [Operation]
  /// The whole layer on cores of its own: the sum of its operations.
  public var layer: Measured
  /// Seconds that it took by the clock, whoever shared the cores.
  public var clocked: Double
  /// Layers whose weights were walked through, and passes over them.
  public var layers, passes: Int
  /// What computed them.
  public var setting: Setting
  /// Sentences on what was assumed and what is not run.
  public var assumptions: [String]
  /// The activations behind the last layer: the root of the mean of their squares, and some of them.
  public var output: (rootMeanSquare: Double, values: [Float])

  /// A report of a layer.
  public init(
    model: String, modelLayers: Int, work: String, device: String, operations: [Operation], layer: Measured,
    clocked: Double, layers: Int, passes: Int, setting: Setting, assumptions: [String],
    output: (rootMeanSquare: Double, values: [Float])
  ) {
    (self.model, self.modelLayers, self.work, self.device) = (model, modelLayers, work, device)
    (self.operations, self.layer, self.clocked) = (operations, layer, clocked)
    (self.layers, self.passes) = (layers, passes)
    (self.setting, self.assumptions, self.output) = (setting, assumptions, output)
  }
}

extension ReplayReport {
  /// The operations that nothing is forecast of: exchanges, and what the host's table has no rows for.
  public var unforecast: [Operation] { operations.filter { $0.forecast == nil } }

  /// How many times as long as on cores of its own the layer took.
  public var excess: Double { layer.seconds > 0 ? clocked / layer.seconds : 1 }

  /// The measured layer without the operations that nothing is forecast of: what the forecast is to be held against.
  public var comparable: Double {
    unforecast.reduce(layer.seconds) { $0 - $1.measured.seconds }
  }

  /// The sum of the operations' forecasts, ends with ends; nil where there is none of any.
  public var forecast: TimeInterval90? {
    let known = operations.compactMap(\.forecast)
    guard known.contains(where: { $0.seconds > 0 }) else { return nil }
    return known.reduce(TimeInterval90(seconds: 0, low: 0, high: 0)) { $0 + TimeInterval90($1) }
  }

  /// Forecast over measured time of the comparable layer, less 1; nil without a forecast.
  public var error: Double? { forecast.map { $0.seconds / comparable - 1 } }

  /// Whether the comparable layer lies in the forecast's 90 % interval.
  public var isInside: Bool? { forecast.map { $0.low <= comparable && comparable <= $0.high } }

  /// The operations, those whose forecast is furthest off first, those without one last.
  public var byGap: [Operation] {
    operations.enumerated().sorted { left, right in
      let (a, b) = (left.element.gap.map { abs($0) } ?? -1, right.element.gap.map { abs($0) } ?? -1)
      return a != b ? a > b : left.offset < right.offset
    }.map(\.element)
  }
}
