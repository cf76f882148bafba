import ModelStatistics
import SeededRandom
import Testing

@Suite struct SystematicSampleTests {
  /// In every stretch as many are taken as its weights are of all, give or take one.
  @Test(arguments: 1...20) func eachStretchGetsItsShare(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let size = Int.random(in: 40...120, using: &generator)
    let count = Int.random(in: 1...size / 5, using: &generator)
    // None above a step, which is five times their mean or more.
    let weights = (0..<size).map { _ in Double.random(in: 0.25...1, using: &generator) }
    let taken = SystematicSample.positions(count, weights: weights)
    #expect(taken.count == count)
    #expect(zip(taken, taken.dropFirst()).allSatisfy(<))
    let sum = weights.reduce(0, +)
    for start in 0..<size {
      for end in start...size {
        let share = Double(count) * weights[start..<end].reduce(0, +) / sum
        let number = taken.filter { (start..<end).contains($0) }.count
        #expect(abs(Double(number) - share) < 1 + 1e-9, "\(start)..<\(end) of \(weights)")
      }
    }
  }

  @Test func equalWeightsTakeEachSoManieth() {
    #expect(SystematicSample.positions(4, weights: Array(repeating: 3, count: 20)) == [2, 7, 12, 17])
  }

  @Test func whatHasNoWeightIsNotTaken() {
    #expect(SystematicSample.positions(2, weights: [0, 1, .nan, 1, -2, .infinity, 0]) == [1, 3])
  }

  /// A weight of several steps counts on, and the position is still taken once.
  @Test func aHeavyPositionIsTakenOnce() {
    #expect(SystematicSample.positions(4, weights: [1, 20, 1, 1, 1, 1]) == [1, 2, 3, 4])
    #expect(SystematicSample.positions(3, weights: [1, 1, 1, 100]) == [3])
  }

  @Test func nothingToChooseFromIsNoTrap() {
    #expect(SystematicSample.positions(3, weights: []) == [])
    #expect(SystematicSample.positions(0, weights: [1, 2]) == [])
    #expect(SystematicSample.positions(-1, weights: [1, 2]) == [])
    #expect(SystematicSample.positions(2, weights: [1, 2]) == [0, 1])
    #expect(SystematicSample.positions(2, weights: [0, 0, 0]) == [0, 1])
    #expect(SystematicSample.positions(1, weights: [.greatestFiniteMagnitude, .greatestFiniteMagnitude]) == [0])
  }
}
