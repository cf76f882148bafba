internal import Foundation
internal import GEMMTiming
internal import SeededRandom
internal import TaskGraphs

/// How sure a forecast is: the intervals of Get_Time carried through the DAG by drawing times and solving again.
public struct StepUncertainty: Sendable {
  /// How often an operation decides how long the step takes.
  public struct Criticality: Hashable, Sendable {
    /// What the operation is for.
    public let role: OperationRole
    /// Where in a step it stands.
    public let phase: LayerOperation.Phase
    /// The share of draws in which an instance of it lies on the chain that determines the makespan, in 0...1.
    public let probability: Double
  }

  /// The makespan that 5 %, 50 % and 95 % of the draws stay below, in seconds.
  public let p5: Double
  /// The median.
  public let p50: Double
  /// The 95 % quantile.
  public let p95: Double
  /// Every kind of operation that takes time, the most often critical first.
  public let criticality: [Criticality]
  /// How many times the step was drawn.
  public let draws: Int

  /// The share of the log error's variance that all operations of one kind have in common.
  ///
  /// Predictions of one time model err together: a ceiling that is off shifts every product. What is not shared is
  /// each distinct operation's own, and the same for all its instances. Half and half is an assumption.
  public static let sharedVariance = 0.5

  /// The standard deviation of the log error that a whole step has besides.
  ///
  /// Operations that are left out, what runs beside what, a cluster that is not as its links say: no operation's interval
  /// has them. Found where p5 to p95 holds 90 % of measured steps (<doc:StepAccuracy>).
  public static let wholeStepDeviation = 0.0

  /// Draws and solves a step.
  ///
  /// An operation's time is taken as log-normal, with the 90 % interval of its prediction. One host launches all
  /// operations, so that launching has one error. O(draws · nodes).
  ///
  /// - Parameters:
  ///   - estimate: the forecast.
  ///   - draws: how many to make, at least 1.
  ///   - seed: the same seed gives the same result.
  /// - Throws: ``ModelError`` for less than one draw, and when a drawn time is not finite.
  public init(_ estimate: StepEstimate, draws: Int = 200, seed: UInt64 = 1) throws(ModelError) {
    try Extent.check(draws, "draws")
    let step = estimate.step
    var random = NormalGenerator(seed: seed)
    var lengths: [Double] = []
    var hits: [Kind: Int] = [:]
    for _ in 0..<draws {
      var shared: [TimePrediction.Bound: Double] = [:]
      for bound in TimePrediction.Bound.allCases { shared[bound] = random.next() }
      let host = random.next()
      let whole = exp(Self.wholeStepDeviation * random.next())
      // Instances of one operation share its error, in whatever pass they stand.
      var own: [GEMMTiming.Operation: Double] = [:]
      let graph = try step.recosted { operation in
        let prediction = operation.prediction
        guard prediction.seconds > 0, prediction.low > 0, prediction.high > prediction.low else {
          return prediction.seconds
        }
        let deviation = (log(prediction.high) - log(prediction.low)) / (2 * 1.6448536)
        if operation.operation.role == .dispatch { return prediction.seconds * exp(deviation * host) }
        let z = own[operation.operation.operation] ?? random.next()
        own[operation.operation.operation] = z
        let common = Self.sharedVariance.squareRoot() * (shared[prediction.bound] ?? 0)
        return prediction.seconds * exp(deviation * (common + (1 - Self.sharedVariance).squareRoot() * z))
      }
      let path = CriticalPath(graph)
      lengths.append(path.length * whole)
      var kinds: Set<Kind> = []
      for node in path.tasks where graph.durations[node] > 0 {
        let operation = step.operation(of: node)
        kinds.insert(Kind(role: operation.role, phase: operation.phase))
      }
      for kind in kinds { hits[kind, default: 0] += 1 }
    }
    lengths.sort()
    p5 = Self.quantile(lengths, 0.05)
    p50 = Self.quantile(lengths, 0.5)
    p95 = Self.quantile(lengths, 0.95)
    self.draws = draws
    criticality = Self.kinds(of: step)
      .map { Criticality(role: $0.role, phase: $0.phase, probability: Double(hits[$0] ?? 0) / Double(draws)) }
      .enumerated()
      .sorted { ($1.element.probability, $0.offset) < ($0.element.probability, $1.offset) }
      .map(\.element)
  }

  private struct Kind: Hashable {
    let role: OperationRole
    let phase: LayerOperation.Phase
  }

  private static func kinds(of step: StepGraph) -> [Kind] {
    var seen: Set<Kind> = []
    return step.templates.flatMap(\.operations).filter { $0.prediction.seconds > 0 }
      .map { Kind(role: $0.operation.role, phase: $0.operation.phase) }
      .filter { seen.insert($0).inserted }
  }

  /// A quantile of sorted values, linear between neighbours.
  private static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    guard let last = sorted.indices.last else { return 0 }
    let place = share * Double(last)
    let below = min(last, Int(place))
    let above = min(last, below + 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }
}

/// Standard normal numbers from a seed: SplitMix64 and the Box–Muller transform.
struct NormalGenerator {
  private var uniforms: SplitMix64
  private var spare: Double?

  init(seed: UInt64) { uniforms = SplitMix64(seed: seed) }

  mutating func next() -> Double {
    if let value = spare {
      spare = nil
      return value
    }
    let radius = (-2 * log(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    spare = radius * sin(angle)
    return radius * cos(angle)
  }

  /// In [0, 1).
  private mutating func uniform() -> Double {
    Double(uniforms.next() >> 11) * 0x1p-53
  }
}
