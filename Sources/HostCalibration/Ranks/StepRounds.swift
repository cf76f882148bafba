/// The times of a round's steps, round after round, and the readings of the core beside and within each.
public struct StepRounds {
  private let steps: [StepTimer.Step]
  private var rounds: [[Timed]] = []
  /// The rounds into which the scheduler did not break.
  private var whole: [Int] = []

  /// One step of one round.
  struct Timed {
    var seconds = 0.0
    var readings = CoreReadings()
  }

  /// Whole rounds that are enough for a median without the others.
  private static let enoughWhole = 8

  /// No rounds of these steps yet.
  init(_ steps: [StepTimer.Step]) { self.steps = steps }

  var count: Int { rounds.count }

  /// Adds a round.
  mutating func add(_ round: [Timed], isWhole: Bool) {
    if isWhole { whole.append(rounds.count) }
    rounds.append(round)
  }

  /// What the rounds came to, in seconds.
  public struct Times: Sendable {
    /// Each step's times on a core of its own.
    public var steps: [[Double]]
    /// The sums of a round's.
    public var rounds: [Double]
    /// The sums as the clock said them.
    public var clocked: [Double]
    /// The share of the rounds into which others broke; they are left out where enough others are there.
    public var interrupted: Double
  }

  /// The times of the rounds that count: O(steps · rounds).
  func times() -> Times {
    let counted = whole.count >= Self.enoughWhole ? whole.map { rounds[$0] } : rounds
    let own = steps.indices.map { index in
      var correction = SharingCorrections.assumed(flops: steps[index].flops, isAlone: !steps[index].isShared)
      correction.learn(counted.compactMap { $0[index].readings.call(seconds: $0[index].seconds) })
      return counted.map { $0[index].seconds / $0[index].readings.factor(by: correction) }
    }
    return Times(
      steps: own, rounds: counted.indices.map { round in own.reduce(0) { $0 + $1[round] } },
      clocked: counted.map { $0.reduce(0) { $0 + $1.seconds } },
      interrupted: 1 - Double(whole.count) / Double(max(rounds.count, 1)))
  }
}
