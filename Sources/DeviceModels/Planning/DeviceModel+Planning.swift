internal import Foundation
public import GEMMTiming
internal import ModelStatistics
internal import SeededRandom

extension DeviceModel {
  /// Chooses the shapes whose measurement on this device would tell most about all the others.
  ///
  /// What is not known of log t is a Gaussian process: the parameters of the refinement scatter about what they are, each
  /// moving the times of all shapes by its derivative, and a remainder that is alike for shapes within an octave or two
  /// adds to that. Whatever a row turns out to be, it takes the same amount of variance from each shape; the next shape is
  /// the one that takes most from the mean over all candidates (Krause, Singh and Guestrin, *Near-Optimal Sensor
  /// Placements in Gaussian Processes*, JMLR 9, 2008; here by total variance, Cohn's criterion). No time needs to be known.
  ///
  /// - Parameters:
  ///   - count: how many shapes to choose; all of them when there are fewer.
  ///   - candidates: the shapes to choose from, as often as they matter.
  ///   - dtype: their element type.
  ///   - seed: decides which candidates are looked at where there are more than 1500.
  /// - Returns: positions in `candidates`, the most telling first: any beginning of a plan is a plan.
  /// - Throws: `UnsupportedOperation` when the device has no tiles for the element type.
  /// - Complexity: O(c²·(count + parameters)) for c ≤ 1500 candidates.
  public func plan(
    _ count: Int, of candidates: [GEMMShape], dtype: DataType, seed: UInt64 = 1
  ) throws(UnsupportedOperation) -> [Int] {
    guard let index = DataType.allCases.firstIndex(of: dtype), let tiled = gemms[index] else {
      _ = try requiredPeak(dtype)
      throw UnsupportedOperation(
        device: specification.name, reason: "has no tiles of \(dtype.rawValue) in its device file to plan with")
    }
    let considered = SplitMix64.sample(candidates.count, limit: max(1500, count), seed: seed)
    var uncertainty = PlanUncertainty(
      considered.map { candidates[$0] }, tiled: tiled,
      trust: GEMMRefinement.trust(isFitted: detail >= .shipped && specification.gemmFit(for: dtype) != nil))
    var chosen: [Int] = []
    while chosen.count < min(max(count, 0), considered.count), let next = uncertainty.mostTelling() {
      uncertainty.measure(next)
      chosen.append(considered[next])
    }
    return chosen
  }
}

/// The covariance of what is not known of the candidates' log times, and what measurements leave of it.
struct PlanUncertainty {
  /// How far a row lies from what parameters and remainder say.
  static let noise = 0.06
  /// The remainder: its standard deviation, and the octaves of m, k, n and batch over which it changes.
  private static let amplitude = 0.06
  private static let lengths: [Double] = [2, 2, 2, 3]

  private var covariance: ConditionedCovariance
  private var measured: [Bool]

  /// Before anything is measured.
  init(_ shapes: [GEMMShape], tiled: TiledGEMM, trust: Double) {
    measured = Array(repeating: false, count: shapes.count)
    let effects = ParameterEffects(of: shapes, tiled: tiled, trust: trust, weightsInTurn: TiledGEMM.benchmarkedWeights)
    let places = shapes.map(Self.place)
    covariance = ConditionedCovariance(noise: shapes.map { _ in Self.noise * Self.noise }) { i, j in
      Self.amplitude * Self.amplitude * Self.likeness(places[i], places[j]) + effects.covariance(i, j)
    }
  }

  /// Where a shape lies, in lengths over which what parameters leave changes.
  static func place(_ shape: GEMMShape) -> [Double] { zip(ShapeLattice.exponents(shape), lengths).map { $0 / $1 } }

  /// How alike what parameters leave is of shapes at two places, from 0 to 1.
  static func likeness(_ left: [Double], _ right: [Double]) -> Double {
    RationalQuadratic.correlation(squared: zip(left, right).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) })
  }

  /// Whether a candidate has been measured.
  func isMeasured(_ index: Int) -> Bool { measured[index] }

  /// The variance that is left, on the mean over the candidates.
  var meanVariance: Double {
    (0..<covariance.count).reduce(0) { $0 + covariance.variance($1) } / Double(max(covariance.count, 1))
  }

  /// The candidate whose measurement leaves the least variance; nil when all are measured.
  func mostTelling() -> Int? {
    var best: (index: Int, gain: Double)?
    let count = covariance.count
    covariance.values.withUnsafeBufferPointer { values in
      for j in 0..<count where !measured[j] {
        var sum = 0.0
        for i in 0..<count { sum += values[j * count + i] * values[j * count + i] }
        let gain = sum / covariance.measuredVariance(j)
        if gain > best?.gain ?? -.infinity { best = (j, gain) }
      }
    }
    return best?.index
  }

  /// Conditions on a measurement of one candidate.
  mutating func measure(_ index: Int) {
    measured[index] = true
    covariance.measure(index)
  }
}
