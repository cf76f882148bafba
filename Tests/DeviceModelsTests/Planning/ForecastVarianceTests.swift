import SeededRandom
import Testing

@testable import DeviceModels

/// The variance of a forecast against Gaussian conditioning on all measured rows at once.
struct ForecastVarianceTests {
  /// Some errors with weights, and a positive definite covariance L·Lᵀ.
  private struct Case {
    let covariance: [[Double]]
    let weights: [Double]
    let noise: [Double]
    let rest = 0.003

    init(_ count: Int, seed: UInt64) {
      var generator = SplitMix64(seed: seed)
      let root = (0..<count).map { _ in (0..<count).map { _ in Double.random(in: -0.3...0.3, using: &generator) } }
      covariance = (0..<count).map { i in
        (0..<count).map { j in (0..<count).reduce(0) { $0 + root[i][$1] * root[j][$1] } }
      }
      weights = (0..<count).map { _ in Double.random(in: 0...1, using: &generator) }
      noise = (0..<count).map { _ in Double.random(in: 0.001...0.05, using: &generator) }
    }

    var forecast: ForecastVariance {
      ForecastVariance(
        ConditionedCovariance(noise: noise) { covariance[$0][$1] }, weights: weights, rest: rest)
    }

    /// wᵀCw − bᵀ(C_SS + N)⁻¹b with b = (C·w)_S, by Gauss and Jordan's elimination.
    func variance(measuring set: [Int]) -> Double {
      let withSum = covariance.map { row in zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 } }
      var rows = set.map { i in set.map { covariance[i][$0] + (i == $0 ? noise[i] : 0) } + [withSum[i]] }
      for pivot in rows.indices {
        let scale = rows[pivot][pivot]
        rows[pivot] = rows[pivot].map { $0 / scale }
        for other in rows.indices where other != pivot {
          let factor = rows[other][pivot]
          rows[other] = zip(rows[other], rows[pivot]).map { $0 - factor * $1 }
        }
      }
      let taken = zip(set, rows).reduce(0) { $0 + withSum[$1.0] * ($1.1.last ?? 0) }
      return rest + zip(weights, withSum).reduce(0) { $0 + $1.0 * $1.1 } - taken
    }
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func everySetOfRowsLeavesWhatConditioningOnItLeaves(seed: UInt64) {
    let random = Case(6, seed: seed)
    for subset in 0..<64 {
      let set = (0..<6).filter { subset >> $0 & 1 == 1 }
      let expected = random.variance(measuring: set)
      for order in [set, set.reversed()] {
        var forecast = random.forecast
        for index in order { forecast.measure(index) }
        #expect(abs(forecast.variance - expected) < 1e-12)
      }
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func theFirstChoiceIsTheBestSingleRow(seed: UInt64) throws {
    let random = Case(8, seed: seed)
    let single = (0..<8).map { random.variance(measuring: [$0]) }
    let best = try #require(single.indices.min { single[$0] < single[$1] })
    #expect(random.forecast.mostTelling(among: 0..<8) == best)
    // Of those that may be measured.
    let others = (0..<8).filter { $0 != best }
    #expect(random.forecast.mostTelling(among: others) == others.min { single[$0] < single[$1] })
    #expect(abs(random.variance(measuring: []) - random.forecast.gain(best) - single[best]) < 1e-12)
  }

  /// The second choice is the best one after the first; three rows come near the best three.
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func eachChoiceIsTheBestNextOne(seed: UInt64) throws {
    let random = Case(7, seed: seed)
    var forecast = random.forecast
    var chosen: [Int] = []
    for _ in 0..<3 {
      let open = (0..<7).filter { !chosen.contains($0) }
      let next = try #require(forecast.mostTelling(among: open))
      let left = open.map { random.variance(measuring: chosen + [$0]) }
      #expect(abs(random.variance(measuring: chosen + [next]) - (left.min() ?? 0)) < 1e-12)
      forecast.measure(next)
      chosen.append(next)
    }
    var best = Double.infinity
    for subset in 0..<128 where subset.nonzeroBitCount == 3 {
      best = min(best, random.variance(measuring: (0..<7).filter { subset >> $0 & 1 == 1 }))
    }
    let before = random.variance(measuring: [])
    #expect(before - forecast.variance >= 0.6 * (before - best))
  }

  @Test func whatIsMeasuredWithoutScatterIsKnown() {
    var forecast = ForecastVariance(
      ConditionedCovariance(noise: [0, 0]) { $0 == $1 ? 4 : 0 }, weights: [1, 0.5], rest: 0.25)
    #expect(forecast.variance == 5.25)
    forecast.measure(0)
    #expect(forecast.variance == 1.25 && forecast.gain(0) == 0)
    forecast.measure(1)
    #expect(forecast.variance == 0.25)
    #expect(forecast.mostTelling(among: []) == nil)
  }
}
