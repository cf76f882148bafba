/// A part of a sequence that is spread as evenly as the sequence is, and the denser the larger its weights.
///
/// Systematic sampling (Madow, *On the theory of systematic sampling, II*, Annals of Mathematical Statistics, 1949). A draw
/// with the same weights has the same densities, but leaves clusters and gaps.
public enum SystematicSample {
  /// Takes a position each time the weights that were passed add up to another `count`-th of their sum.
  ///
  /// In any stretch of the sequence whose weights are at most such a step, the number that is taken and its share of the sum,
  /// times `count`, differ by less than one.
  ///
  /// - Parameters:
  ///   - count: how many to take; all of them where there are no more. A few less may be taken where single weights are
  ///     larger than a step, as each position is taken once.
  ///   - weights: one a position. One that is not a positive finite number counts as none; the first are taken
  ///     where none counts.
  /// - Returns: positions, ascending.
  /// - Complexity: O(weights).
  public static func positions(_ count: Int, weights: [Double]) -> [Int] {
    guard count > 0 else { return [] }
    guard count < weights.count else { return Array(weights.indices) }
    let counting = weights.map { $0 > 0 && $0.isFinite ? $0 : 0 }
    let step = counting.reduce(0, +) / Double(count)
    guard step > 0, step.isFinite else { return Array(0..<count) }
    var passed = step / 2
    var taken: [Int] = []
    for (position, weight) in counting.enumerated() where taken.count < count {
      passed += weight
      guard passed >= step else { continue }
      passed -= step
      taken.append(position)
    }
    return taken
  }
}
