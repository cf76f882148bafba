/// The times of a round's steps, round after round, and what was heard of the core beside and within each.
public struct StepRounds {
  private let steps: [StepTimer.Step]
  private var rounds: [[Timed]] = []
  /// The rounds into which the scheduler did not break.
  private var whole: [Int] = []

  /// One step of one round.
  struct Timed {
    var seconds = 0.0
    /// The pace beside or within the step; nil where it says nothing of the step.
    var pace: Double?
    var readings = 0
    var isWatched = false
    /// Whether the core was heard to be shared beside it.
    var isShared = false
  }

  /// Whole rounds that tell a median without the others.
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
      var response = PaceResponses.assumed(flops: steps[index].flops, isAlone: !steps[index].isShared)
      response.learn(counted.compactMap { $0[index].call })
      return counted.map { $0[index].ownSeconds(response) }
    }
    return Times(
      steps: own, rounds: counted.indices.map { round in own.reduce(0) { $0 + $1[round] } },
      clocked: counted.map { $0.reduce(0) { $0 + $1.seconds } },
      interrupted: 1 - Double(whole.count) / Double(max(rounds.count, 1)))
  }
}

extension StepRounds.Timed {
  /// What tells how the step's time follows the pace; nil where nothing does.
  fileprivate var call: PaceResponse.Call? {
    guard let pace, readings > 0 else { return nil }
    return PaceResponse.Call(seconds: seconds, pace: pace, readings: readings, isWatched: isWatched)
  }

  /// Seconds as on a core of its own.
  fileprivate func ownSeconds(_ response: PaceResponse) -> Double {
    guard let pace, isWatched || isShared else { return seconds }
    return seconds / response.excess(pace)
  }
}
