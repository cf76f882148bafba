internal import Foundation
internal import GEMMTiming
internal import LinearSolvers
internal import ModelStatistics
internal import SeededRandom

/// Moves a device's GEMM parameters towards rows that were measured on it, and learns a remainder where that helps.
///
/// Each adjustable parameter is its present value times e^x. The x minimise
///
///     Σ wᵢ·(log predicted − log measured)²/σ² + Σ (xⱼ/sⱼ)²
///
/// the most probable x when rows scatter by σ and parameters by sⱼ about what was known before, found by
/// ``RobustLeastSquares``, so that a badly chosen kernel of the library does not pull the rest. How far parameters may
/// move, and whether a ``GEMMRemainder`` is learned from what they leave, is what predicts rows best that were left out
/// of the fit, a fifth at a time; how far those lie from their predictions gives the intervals.
/// O(iterations × parameters × rows) predictions, of at most 1000 rows for the parameters.
struct GEMMRefinement {
  /// A model of GEMMs: tiles and waves, and what they leave.
  struct Model: Sendable {
    var tiled: TiledGEMM
    var remainder: GEMMRemainder?

    /// log seconds, not held to the specification's limit.
    func logarithm(_ row: Row) -> Double {
      let seconds = tiled.time(row.shape, inTurn: row.weightsInTurn).seconds
      guard let remainder, tiled.isAligned(row.shape) else { return log(seconds) }
      let benchmarked = tiled.knowsCache ? tiled.time(row.shape).seconds : seconds
      return log(remainder.corrected(benchmarked, row.shape) * seconds / benchmarked)
    }
  }

  /// A measured time.
  struct Row: Sendable {
    let shape: GEMMShape
    /// How many weights were used in turn; infinitely many where they came from memory.
    let weightsInTurn: Double
    /// log seconds.
    let logarithm: Double

    init(_ row: TimingRow) {
      shape = row.shape
      weightsInTurn = row.cache == .cold ? .infinity : TiledGEMM.benchmarkedWeights
      logarithm = log(row.seconds)
    }
  }

  /// A way to learn.
  private enum Method {
    /// Nothing: the model is as good as it is.
    case asItIs
    /// Parameters, which may move by so many times their deviations.
    case parameters(trust: Double)
    /// The same, and what they leave.
    case parametersAndRemainder(trust: Double)
  }

  /// A group of parameters that move together, and the standard deviation of their common factor's logarithm.
  struct Direction: Sendable {
    let deviation: Double
    let apply: @Sendable (inout GEMMParameters, Double) -> Void
  }

  static let directions: [Direction] = [
    Direction(deviation: 0.1) {
      $0.computeFraction = min(GEMMParameters.maximumComputeFraction, $0.computeFraction * $1)
    },
    Direction(deviation: 0.1) { $0.bandwidthFraction = min(1, $0.bandwidthFraction * $1) },
    Direction(deviation: 0.2) {
      $0.launchSeconds *= $1
      $0.fillSeconds *= $1
      $0.memoryLatencySeconds *= $1
    },
    Direction(deviation: 0.3) { $0.stepSeconds *= $1 },
    Direction(deviation: 0.2) { $0.splitSeconds *= $1 },
    Direction(deviation: 0.3) { $0.epilogueBandwidthFraction *= $1 },
    Direction(deviation: 0.5) { $0.throttling *= $1 },
    Direction(deviation: 0.2) { $0.kneeSharpness = max(1, $0.kneeSharpness * $1) },
    Direction(deviation: 0.3) { $0.residentTiles *= $1 },
    Direction(deviation: 0.3) { $0.halfIntensity *= $1 },
    Direction(deviation: 0.3) { $0.roundSeconds *= $1 },
    Direction(deviation: 0.3) { $0.unalignedLoss *= $1 },
    Direction(deviation: 0.5) { $0.unalignedTraffic *= $1 },
    Direction(deviation: 0.5) { $0.cacheBandwidthFraction *= $1 },
    Direction(deviation: 0.2) { $0.cacheBytes *= $1 },
  ]

  /// How far a row lies from the best parameters: sources of published times differ by 3–7 % on the same shape, and no
  /// parameters say which kernel a library chooses.
  private static let noise = 0.1
  /// How far parameters may move to begin with, over their deviations: less where many rows have taught them already.
  static func trust(isFitted: Bool) -> Double { isFitted ? 0.4 : 1 }
  /// The parts that take turns to be left out.
  private static let folds = 5
  /// What is more is preferred to what is less only where it misses by less than this share of it: differences below
  /// that are the rows' chance.
  private static let advantage = 0.98
  /// Fewer rows than this are not divided: the parameters move as far as they may, and no remainder is learned.
  private static let fewestRows = 20
  /// A remainder has no more nodes for each row: few rows say nothing of details.
  private static let mostNodesOfARow = 4

  private let base: Model
  /// How few rows are learned from.
  private let few: Method
  /// How many rows may be, the most careful first.
  private let methods: [Method]
  private let rows: [Row]

  /// Refines `base`; a model that many rows taught already is tried as it is and with less freedom too.
  init(_ base: Model, rows: [TimingRow], isFitted: Bool) {
    self.base = base
    let least = Self.trust(isFitted: isFitted)
    few = .parameters(trust: least)
    methods =
      (isFitted ? [.asItIs] : [])
      + Set([least, 1]).sorted().flatMap { [.parameters(trust: $0), .parametersAndRemainder(trust: $0)] }
    self.rows = rows.map(Row.init)
  }

  /// The mean error of the rows by the model before it is refined.
  var errorBefore: Double {
    rows.reduce(0) { $0 + abs(exp(base.logarithm($1) - $1.logarithm) - 1) } / Double(max(1, rows.count))
  }

  /// The refined model, with its spread taken from rows that were left out in turn where there are enough of them, and
  /// the mean error of these.
  func refined(_ solver: any DenseSolver) throws(SolverError) -> (model: Model, errorAfter: Double?) {
    guard rows.count >= Self.fewestRows else { return (try fitted(rows, few, solver), nil) }
    let parts = parts()
    var best: (method: Method, misses: [Miss], error: Double)?
    for method in methods {
      var misses: [Miss] = []
      for part in 0..<Self.folds {
        let model = try fitted(rows.indices.filter { parts[$0] != part }.map { rows[$0] }, method, solver)
        for index in rows.indices where parts[index] == part {
          let shape = rows[index].shape
          let bound =
            model.tiled.isAligned(shape)
            ? model.tiled.time(shape, inTurn: rows[index].weightsInTurn).bound : nil
          misses.append((bound, rows[index].logarithm - model.logarithm(rows[index])))
        }
      }
      // A miss counts up to a third, so that a kernel that nothing explains does not decide.
      let error = misses.reduce(0) { $0 + min(abs($1.residual), 0.3) } / Double(misses.count)
      if best.map({ error < Self.advantage * $0.error }) ?? true { best = (method, misses, error) }
    }
    guard let best else { return (base, nil) }
    var model = try fitted(rows, best.method, solver)
    model.tiled = model.tiled.with(
      parameters: model.tiled.parameters, spread: Self.spread(best.misses, known: model.tiled.spread))
    let error = best.misses.reduce(0) { $0 + abs(exp(-$1.residual) - 1) } / Double(best.misses.count)
    return (model, error)
  }

  /// The part of each row; rows of one weight matrix share theirs, so that what is left out is of other weights.
  private func parts() -> [Int] {
    struct Weight: Hashable {
      let k: Int
      let n: Int
    }
    var generator = SplitMix64(seed: 1)
    var seen: Set<Weight> = []
    let weights = rows.map { Weight(k: $0.shape.k, n: $0.shape.n) }.filter { seen.insert($0).inserted }
    var parts: [Weight: Int] = [:]
    for (index, weight) in weights.shuffled(using: &generator).enumerated() { parts[weight] = index % Self.folds }
    return rows.map { parts[Weight(k: $0.shape.k, n: $0.shape.n)] ?? 0 }
  }

  // MARK: - Fitting

  private func fitted(
    _ rows: [Row], _ method: Method, _ solver: any DenseSolver
  ) throws(SolverError) -> Model {
    func moved(_ trust: Double) throws(SolverError) -> Model {
      let taught = SplitMix64.sample(rows.count, limit: 1000, seed: 2).map { rows[$0] }
      return model(try parameters(taught, trust, solver))
    }
    return switch method {
    case .asItIs: base
    case .parameters(let trust): try moved(trust)
    case .parametersAndRemainder(let trust): learned(rows, try moved(trust))
    }
  }

  /// The model with a remainder from the rows.
  private func learned(_ all: [Row], _ model: Model) -> Model {
    let rows = all.filter { model.tiled.isAligned($0.shape) }
    guard !rows.isEmpty else { return model }
    let prior = model.remainder?.surface ?? Self.unlearned(rows.map(\.shape), tiled: model.tiled)
    let before = Model(tiled: model.tiled, remainder: GEMMRemainder(prior, of: model.tiled, mends: false))
    let fit = RemainderFit(
      tiled: model.tiled, prior: prior, shapes: rows.map(\.shape),
      residuals: rows.map { $0.logarithm - before.logarithm($0) })
    let surface = RemainderSurface(lattice: prior.lattice, values: fit.values())
    return Model(tiled: model.tiled, remainder: GEMMRemainder(surface, of: model.tiled))
  }

  /// A surface for some shapes that corrects nothing yet: on the finest lattice that they are enough for.
  private static func unlearned(_ shapes: [GEMMShape], tiled: TiledGEMM) -> RemainderSurface {
    let extents = [shapes.map(\.m), shapes.map(\.k), shapes.map(\.n)]
    let batches = ShapeLattice.Axis(spanning: shapes.map(\.batch), step: 2)
    let coarse = [1.0, 2].map { step in extents.map { ShapeLattice.Axis(spanning: $0, step: step) } }
    let lattices = ([extents.map(ShapeLattice.Axis.init(through:))] + coarse).map { ShapeLattice(axes: $0 + [batches]) }
    let lattice = lattices.first { $0.count <= mostNodesOfARow * shapes.count } ?? lattices[lattices.count - 1]
    return RemainderSurface(lattice: lattice, values: GEMMRemainder.neutral(lattice, tiled: tiled))
  }

  /// The most probable x, while what a remainder corrects is held.
  private func parameters(
    _ rows: [Row], _ trust: Double, _ solver: any DenseSolver
  ) throws(SolverError) -> [Double] {
    let search = RobustLeastSquares(
      deviations: Self.directions.map { trust * $0.deviation }, noise: Self.noise, iterations: 8)
    let aims = rows.map { row in
      row.logarithm - base.logarithm(row) + log(base.tiled.time(row.shape, inTurn: row.weightsInTurn).seconds)
    }
    return try search.minimum(solver: solver) { x in
      let tiled = tiled(x)
      return zip(rows, aims).map { log(tiled.time($0.shape, inTurn: $0.weightsInTurn).seconds) - $1 }
    }.x
  }

  /// The model with the parameters at `x`.
  private func model(_ x: [Double]) -> Model {
    let tiled = tiled(x)
    return Model(tiled: tiled, remainder: base.remainder.map { GEMMRemainder($0.surface, of: tiled) })
  }

  /// Tiles and waves with the parameters at `x`.
  private func tiled(_ x: [Double]) -> TiledGEMM {
    var parameters = base.tiled.parameters
    for (direction, value) in zip(Self.directions, x) { direction.apply(&parameters, exp(value)) }
    return base.tiled.with(parameters: parameters, spread: base.tiled.spread)
  }

  // MARK: - Spread

  /// The bound of a shape that was left out, nil of one whose rows are unaligned, and the log of its measured over its
  /// predicted time.
  typealias Miss = (bound: TimePrediction.Bound?, residual: Double)

  /// How many rows the spread that was known before counts as.
  private static let rowsOfKnownSpread = 30.0

  /// For each bound, and for unaligned rows, the 5th and 95th percentiles of what was missed, between those of all rows
  /// where the bound has few, and those between what was known where there are few rows at all.
  static func spread(_ misses: [Miss], known: GEMMSpread) -> GEMMSpread {
    func percentiles(_ values: [Double], known: (low: Double, high: Double)) -> (low: Double, high: Double) {
      guard !values.isEmpty else { return known }
      let tails = ErrorStatistics.tails(values.sorted())
      let share = Double(values.count) / (Double(values.count) + rowsOfKnownSpread)
      return (share * tails.low + (1 - share) * known.low, share * tails.high + (1 - share) * known.high)
    }
    func range(_ bound: TimePrediction.Bound?) -> GEMMSpread.Range {
      let before = bound.map { known.range($0, isAligned: true) } ?? known.unaligned
      let alike = bound == nil ? [] : misses.filter { $0.bound != nil }
      let all = percentiles(alike.map(\.residual), known: (log(before.low), log(before.high)))
      let own = percentiles(misses.filter { $0.bound == bound }.map(\.residual), known: all)
      return .init(low: exp(min(0, own.low)), high: exp(max(0, own.high)))
    }
    return GEMMSpread(
      latency: range(.latency), memory: range(.memory), compute: range(.compute), unaligned: range(nil))
  }
}
