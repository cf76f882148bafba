public import GEMMTiming
internal import TaskGraphs

/// What the schedule's chain spends on one operation, wherever it stands.
public struct ChainOperation: Sendable {
  /// What is asked of the time model; `none` is the host's launching.
  public let operation: GEMMTiming.Operation
  /// How many nodes of the chain do it.
  public internal(set) var count: Int
  /// Seconds of all of them.
  public internal(set) var seconds: Double
  /// The time of the first of them, with its interval.
  public let prediction: TimePrediction
}

extension StepEstimate {
  /// The operations of the schedule's chain, each once, in the order in which they come first.
  ///
  /// Their seconds add up to the makespan, which moves with an operation's time as these do. O(length of the chain).
  public var chainOperations: [ChainOperation] {
    var places: [GEMMTiming.Operation: Int] = [:]
    var operations: [ChainOperation] = []
    for node in schedule.chain {
      let duration = step.graph.durations[node]
      guard duration > 0 else { continue }
      let pass = step.passOperation(of: node)
      let operation = pass.operation.operation
      let place = places[operation] ?? operations.count
      if place == operations.count {
        places[operation] = place
        operations.append(ChainOperation(operation: operation, count: 0, seconds: 0, prediction: pass.prediction))
      }
      operations[place].count += 1
      operations[place].seconds += duration
    }
    return operations
  }
}
