internal import GEMMTiming
internal import TaskGraphs

extension StepEstimate {
  /// The makespan when stages are slower than the time model says: a stage's computation takes `factors[stage]` times.
  ///
  /// The ranks of a stage wait for each other at every exchange, so its factor is that of its slowest rank, and equal
  /// ranks stay folded into one. Stages beyond the end of `factors` are as fast as they were. O(nodes).
  ///
  /// - Throws: ``ModelError`` for factors that are negative or not finite, or more of them than stages.
  public func makespan(slowDown factors: [Double]) throws(ModelError) -> Double {
    guard factors.count <= plan.pp else {
      throw .conflict(
        problem: "\(factors.count) slow-down factors are given for \(plan.pp) stages",
        remedy: "at most one a stage is expected")
    }
    var durations: [Double] = []
    durations.reserveCapacity(step.nodeCount)
    for cell in step.cells {
      let stage = cell.cell.part % plan.pp
      let factor = stage < factors.count ? factors[stage] : 1
      for operation in step.templates[Int(cell.template)].operations {
        let isExchange = if case .communication = operation.operation.operation { true } else { false }
        durations.append(operation.prediction.seconds * (isExchange || operation.stream == .host ? 1 : factor))
      }
    }
    do { return CriticalPath.length(of: try step.graph.withDurations(durations)) } catch {
      throw .unsolvable(error.description)
    }
  }
}
