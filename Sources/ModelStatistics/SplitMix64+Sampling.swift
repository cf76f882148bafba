public import SeededRandom

extension SplitMix64 {
  /// At most `limit` of the indices 0..<count, chosen at random, in rising order.
  public static func sample(_ count: Int, limit: Int, seed: UInt64) -> [Int] {
    guard count > limit else { return Array(0..<count) }
    var generator = SplitMix64(seed: seed)
    return (0..<count).shuffled(using: &generator).prefix(limit).sorted()
  }
}
