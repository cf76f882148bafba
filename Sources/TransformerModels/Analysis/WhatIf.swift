internal import GEMMTiming
internal import TaskGraphs

/// What a step would take if some of its operations took another time: found by solving the schedule again.
public struct WhatIf: Hashable, Sendable {
  /// The operations whose time changes, in all their phases.
  public let role: OperationRole
  /// What their time is multiplied by.
  public let factor: Double
  /// The makespan then, in seconds.
  public let makespan: Double
  /// Seconds that the step gets shorter; negative when it gets longer.
  public let saved: Double
}

extension StepEstimate {
  /// The makespan when the times of roles are multiplied by `factors`, and stages are slower than the time model says.
  ///
  /// A stage's computation takes `slowDowns[stage]` times. The ranks of a stage wait for each other at every exchange, so
  /// its factor is that of its slowest rank, and equal ranks stay folded into one. Stages beyond the end of `slowDowns`
  /// are as fast as they were. O(nodes).
  ///
  /// - Throws: ``ModelError`` for factors that are negative or not finite, or more of them than stages.
  public func makespan(
    scaling factors: [OperationRole: Double] = [:], slowDown slowDowns: [Double] = []
  ) throws(ModelError) -> Double {
    guard slowDowns.count <= plan.pp else {
      throw .conflict(
        problem: "\(slowDowns.count) slow-down factors are given for \(plan.pp) stages",
        remedy: "at most one a stage is expected")
    }
    let graph = try step.recosted { (operation, stage) in
      let isExchange = if case .communication = operation.operation.operation { true } else { false }
      let computes = !isExchange && operation.stream != .host
      return operation.prediction.seconds * (factors[operation.operation.role] ?? 1)
        * (computes && slowDowns.indices.contains(stage) ? slowDowns[stage] : 1)
    }
    return CriticalPath.length(of: graph)
  }

  /// The same for one role.
  ///
  /// - Throws: ``ModelError/unsolvable(_:)`` for a factor that is negative or not finite.
  public func whatIf(_ role: OperationRole, times factor: Double) throws(ModelError) -> WhatIf {
    let makespan = try makespan(scaling: [role: factor])
    return WhatIf(role: role, factor: factor, makespan: makespan, saved: schedule.makespan - makespan)
  }

  /// What each role would bring if its operations took `factor` of their time, the largest saving first.
  ///
  /// O(nodes · roles on the chain).
  ///
  /// - Throws: ``ModelError/unsolvable(_:)`` for a factor that is negative or not finite.
  public func rankedWhatIfs(factor: Double = 0.9) throws(ModelError) -> [WhatIf] {
    let chained = Set(schedule.chain.lazy.map { step.operation(of: $0).role })
    var results: [WhatIf] = []
    for role in step.rolesThatTakeTime {
      // The chain stays as long as it is when something beside it gets shorter.
      results.append(
        factor <= 1 && factor >= 0 && !chained.contains(role)
          ? WhatIf(role: role, factor: factor, makespan: schedule.makespan, saved: 0)
          : try whatIf(role, times: factor))
    }
    // Equal savings keep the order of the roles.
    return results.sorted { $0.saved > $1.saved }
  }

  /// The makespan if all exchanges between GPUs took no time: an upper bound on what faster links can bring.
  ///
  /// - Throws: ``ModelError/unsolvable(_:)``.
  public func makespanWithFreeCommunication() throws(ModelError) -> Double {
    CriticalPath.length(
      of: try step.recosted {
        if case .communication = $0.operation.operation { 0 } else { $0.prediction.seconds }
      })
  }

  /// The makespan if no stage ever waited for another: what the busiest stage does.
  public var makespanWithoutBubble: Double {
    schedule.makespan - (schedule.idle.min() ?? 0)
  }
}

extension StepGraph {
  /// The roles of operations whose time is more than 0, in the order of their first appearance.
  var rolesThatTakeTime: [OperationRole] {
    var seen: Set<OperationRole> = []
    return templates.flatMap(\.operations)
      .filter { $0.prediction.seconds > 0 && seen.insert($0.operation.role).inserted }
      .map(\.operation.role)
  }
}

/// How much an operation could be delayed without delaying the step.
public struct OperationSlack: Hashable, Sendable {
  /// What the operation is for.
  public let role: OperationRole
  /// Where in a step it stands.
  public let phase: LayerOperation.Phase
  /// Seconds of all its instances, over all stages and micro-batches.
  public let seconds: Double
  /// Seconds of those instances that cannot be delayed at all.
  public let criticalSeconds: Double
  /// The smallest slack of an instance, in seconds.
  public let smallest: Double
}

extension StepEstimate {
  /// The slack of every kind of operation, those on the chain first and the longest of them first.
  ///
  /// O(nodes).
  public var slack: [OperationSlack] {
    struct Key: Hashable {
      let role: OperationRole
      let phase: LayerOperation.Phase
    }
    var order: [Key] = []
    var sums: [Key: (seconds: Double, critical: Double, smallest: Double)] = [:]
    for cell in step.cells {
      for (position, operation) in step.templates[Int(cell.template)].operations.enumerated()
      where operation.prediction.seconds > 0 {
        let node = Int(cell.base) + position
        let key = Key(role: operation.operation.role, phase: operation.operation.phase)
        if sums[key] == nil { order.append(key) }
        let seconds = operation.prediction.seconds
        var sum = sums[key] ?? (0, 0, .infinity)
        sum.seconds += seconds
        if schedule.path.isCritical[node] { sum.critical += seconds }
        sum.smallest = min(sum.smallest, schedule.path.slack(of: node))
        sums[key] = sum
      }
    }
    return order.compactMap { key in
      sums[key].map {
        OperationSlack(
          role: key.role, phase: key.phase, seconds: $0.seconds, criticalSeconds: $0.critical, smallest: $0.smallest)
      }
    }
    .sorted { $0.criticalSeconds > $1.criticalSeconds }
  }
}
