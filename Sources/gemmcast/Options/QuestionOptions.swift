internal import ArgumentParser
internal import Reporting
internal import TransformerModels

/// An operation and what its time is multiplied by, as the command line gives them: `op=mlp1:0.8`.
struct WhatIfArgument: ExpressibleByArgument {
  let operation: String
  let factor: Double

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].hasPrefix("op="), parts[0].count > 3, let factor = Double(parts[1]),
      factor >= 0, factor.isFinite
    else { return nil }
    operation = String(parts[0].dropFirst(3))
    self.factor = factor
  }
}

/// A slow stage or rank and its factor, as the command line gives them: `stage1=1.2`, `rank9=1.2`.
struct StragglerArgument: ExpressibleByArgument {
  /// What is slow.
  enum Place {
    case stage(Int), rank(Int)
  }
  let place: Place
  let factor: Double

  init?(argument: String) {
    let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, let factor = Double(parts[1]), factor > 0, factor.isFinite else { return nil }
    if parts[0].hasPrefix("stage"), let stage = Int(parts[0].dropFirst(5)), stage >= 0 {
      place = .stage(stage)
    } else if parts[0].hasPrefix("rank"), let rank = Int(parts[0].dropFirst(4)), rank >= 0 {
      place = .rank(rank)
    } else {
      return nil
    }
    self.factor = factor
  }
}

/// What is asked of a forecast step beside how long it takes.
struct QuestionOptions: ParsableArguments {
  @Option(
    name: .customLong("what-if"),
    help: ArgumentHelp(
      "Solve again with an operation's time multiplied, as in op=mlp1:0.8; repeat it for more.",
      valueName: "op=name:factor"))
  var whatIfs: [WhatIfArgument] = []

  @Option(
    name: .customLong("straggler"),
    help: ArgumentHelp(
      "Solve again with a stage's or a rank's computation slower, as in stage1=1.2 or rank9=1.2; repeat it for more.",
      discussion:
        "Ranks count tensor-parallel first, then data-parallel, then pipeline. A stage waits for its slowest rank.",
      valueName: "stage|rank=factor"))
  var stragglers: [StragglerArgument] = []

  @Option(help: ArgumentHelp("Decides the random draws behind probabilities and quantiles.", valueName: "number"))
  var seed: UInt64 = 1

  /// The questions about a step.
  func questions(_ estimate: StepEstimate) throws -> StepExplanation.Questions {
    StepExplanation.Questions(
      whatIfs: try whatIfs.map { (try role($0.operation, of: estimate), $0.factor) },
      slowDowns: try slowDowns(estimate.plan), rankSlowDowns: try rankSlowDowns(estimate.plan), seed: seed)
  }

  private func role(_ name: String, of estimate: StepEstimate) throws -> OperationRole {
    let roles = estimate.slack.map(\.role)
    if let role = roles.first(where: { $0.rawValue == name }) { return role }
    var seen: Set<OperationRole> = []
    let known = roles.filter { seen.insert($0).inserted }.map(\.rawValue).sorted().joined(separator: ", ")
    throw Failure.usage("--what-if: no operation of this step is called \(name); there are \(known)")
  }

  /// The factor of each stage; of several for one stage the last.
  private func slowDowns(_ plan: ParallelPlan) throws -> [Double] {
    var factors: [Double] = []
    for straggler in stragglers {
      guard case .stage(let stage) = straggler.place else { continue }
      guard stage < plan.pp else {
        throw Failure.usage("--straggler: there is no stage \(stage); 0 to \(plan.pp - 1) are expected")
      }
      factors += Array(repeating: 1, count: max(0, stage + 1 - factors.count))
      factors[stage] = straggler.factor
    }
    return factors
  }

  /// The factor of each rank that is named; of several for one rank the last.
  private func rankSlowDowns(_ plan: ParallelPlan) throws -> [Int: Double] {
    var factors: [Int: Double] = [:]
    for straggler in stragglers {
      guard case .rank(let rank) = straggler.place else { continue }
      guard rank < plan.gpus else {
        throw Failure.usage("--straggler: there is no rank \(rank); 0 to \(plan.gpus - 1) are expected")
      }
      factors[rank] = straggler.factor
    }
    return factors
  }
}
