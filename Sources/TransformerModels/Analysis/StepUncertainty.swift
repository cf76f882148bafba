internal import Foundation
internal import GEMMTiming
internal import ModelStatistics
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
  public static let wholeStepDeviation = 0.06

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
    let drawn = DrawnOperations(step)
    var random = NormalGenerator(seed: seed)
    var lengths: [Double] = []
    var hits = [Int](repeating: 0, count: drawn.kinds.count)
    for _ in 0..<draws {
      let shared = TimePrediction.Bound.allCases.map { _ in random.next() }
      let host = random.next()
      let whole = exp(Self.wholeStepDeviation * random.next())
      // Instances of one operation share its error, in whatever pass they stand.
      let own = (0..<drawn.distinct).map { _ in random.next() }
      let factors = drawn.errors.map { error -> Double in
        switch error.source {
        case .none: return 1
        case .host: return exp(error.deviation * host)
        case .own(let index, let bound):
          let common = Self.sharedVariance.squareRoot() * shared[bound]
          return exp(error.deviation * (common + (1 - Self.sharedVariance).squareRoot() * own[index]))
        }
      }
      let durations = drawn.templates.map { operations in operations.map { $0.seconds * factors[$0.error] } }
      let graph = try step.withDurations(ofTemplates: durations)
      let path = CriticalPath(graph)
      lengths.append(path.length * whole)
      var isHit = [Bool](repeating: false, count: hits.count)
      for node in path.tasks where graph.durations[node] > 0 {
        let (cell, position) = step.locate(node)
        if let kind = drawn.templates[Int(cell.template)][position].kind { isHit[kind] = true }
      }
      for kind in hits.indices where isHit[kind] { hits[kind] += 1 }
    }
    lengths.sort()
    p5 = ErrorStatistics.quantile(lengths, 0.05)
    p50 = ErrorStatistics.quantile(lengths, 0.5)
    p95 = ErrorStatistics.quantile(lengths, 0.95)
    self.draws = draws
    criticality = drawn.kinds.indices
      .map { kind in
        Criticality(
          role: drawn.kinds[kind].role, phase: drawn.kinds[kind].phase,
          probability: Double(hits[kind]) / Double(draws))
      }
      .sorted { $0.probability > $1.probability }
  }
}

/// The operations of a step's passes as draws need them: what is looked up once is not looked up in each.
private struct DrawnOperations {
  /// Where an operation's error comes from.
  enum ErrorSource: Hashable {
    case none
    /// The one host that launches all operations.
    case host
    /// That of the operation itself, wherever it stands, and what all share whose bound is the same.
    case own(Int, bound: Int)
  }

  struct DrawnError: Hashable {
    let source: ErrorSource
    let deviation: Double
  }

  struct Operation {
    let seconds: Double
    /// The place in ``errors``.
    let error: Int
    let kind: Int?
  }

  struct Kind: Hashable {
    let role: OperationRole
    let phase: LayerOperation.Phase
  }

  private(set) var templates: [[Operation]] = []
  /// Every kind of operation that takes time, by its first appearance.
  private(set) var kinds: [Kind] = []
  /// The errors that differ: those of a layer's operations stand once for all layers.
  private(set) var errors: [DrawnError] = []
  /// How many operations have an error of their own.
  private(set) var distinct = 0

  init(_ step: StepGraph) {
    var numbers: [GEMMTiming.Operation: Int] = [:]
    var places: [Kind: Int] = [:]
    var known: [DrawnError: Int] = [:]
    let bounds = TimePrediction.Bound.allCases
    for template in step.templates {
      var operations: [Operation] = []
      for pass in template.operations {
        let (prediction, role) = (pass.prediction, pass.operation.role)
        var kind: Int?
        if prediction.seconds > 0 {
          let key = Kind(role: role, phase: pass.operation.phase)
          kind = places[key] ?? kinds.count
          if kind == kinds.count { kinds.append(key) }
          places[key] = kind
        }
        var source = ErrorSource.none
        var deviation = 0.0
        if prediction.seconds > 0, prediction.low > 0, prediction.high > prediction.low {
          deviation = (log(prediction.high) - log(prediction.low)) / (2 * 1.6448536)
          if role == .dispatch {
            source = .host
          } else {
            let number = numbers[pass.operation.operation] ?? numbers.count
            numbers[pass.operation.operation] = number
            source = .own(number, bound: bounds.firstIndex(of: prediction.bound) ?? 0)
          }
        }
        let drawn = DrawnError(source: source, deviation: deviation)
        let error = known[drawn] ?? errors.count
        if error == errors.count { errors.append(drawn) }
        known[drawn] = error
        operations.append(Operation(seconds: prediction.seconds, error: error, kind: kind))
      }
      templates.append(operations)
    }
    distinct = numbers.count
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
