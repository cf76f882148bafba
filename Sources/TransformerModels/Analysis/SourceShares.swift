public import GEMMTiming
internal import TaskGraphs

/// What a forecast rests on: the shares of the schedule's chain whose operations' times are from each source.
public struct SourceShares: Hashable, Sendable {
  private let shares: [TimePrediction.Source: Double]
  /// The kinds of work in the chain of whose time not all is checked, with the unchecked share of the whole chain, the
  /// largest first.
  public let unchecked: [(activity: Activity, share: Double)]

  /// Seconds by source and by what is done; shares are 0 where they add up to nothing.
  init(_ seconds: [TimePrediction.Source: [Activity: Double]]) {
    // In the order of the cases, so that sums are the same in every run.
    let sources = TimePrediction.Source.allCases
    func sum(_ source: TimePrediction.Source) -> Double {
      Activity.allCases.reduce(0) { $0 + (seconds[source]?[$1] ?? 0) }
    }
    let total = sources.reduce(0) { $0 + sum($1) }
    func share(_ seconds: Double) -> Double { total > 0 ? seconds / total : 0 }
    shares = Dictionary(uniqueKeysWithValues: sources.map { ($0, share(sum($0))) })
    unchecked = Activity.allCases
      .map { activity in
        (activity, share(sources.filter { !$0.isChecked }.reduce(0) { $0 + (seconds[$1]?[activity] ?? 0) }))
      }
      .filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }
  }

  /// The share from one source.
  public subscript(source: TimePrediction.Source) -> Double { shares[source] ?? 0 }

  /// The share that rows of the very device, in whose range the operations lie, do not check.
  public var uncheckedShare: Double {
    TimePrediction.Source.allCases.filter { !$0.isChecked }.reduce(0) { $0 + self[$1] }
  }

  /// Two forecasts rest on the same where their shares are the same.
  public static func == (left: SourceShares, right: SourceShares) -> Bool { left.shares == right.shares }

  /// Feeds what `==` compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(shares) }
}

extension StepEstimate {
  /// What the seconds along the schedule's chain rest on.
  ///
  /// O(length of the chain).
  public var sourceShares: SourceShares {
    var seconds: [TimePrediction.Source: [Activity: Double]] = [:]
    for node in schedule.chain {
      let operation = step.passOperation(of: node)
      let duration = step.graph.durations[node]
      guard duration > 0 else { continue }
      seconds[operation.prediction.source, default: [:]][Activity(operation.operation), default: 0] += duration
    }
    return SourceShares(seconds)
  }
}
