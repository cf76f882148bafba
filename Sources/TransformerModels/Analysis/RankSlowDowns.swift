/// How many times as long single GPUs take for their computation, and how few of them must be looked at for that.
///
/// GPUs are numbered as Megatron-LM does: tp runs fastest, then dp, then pp. The ranks of a tensor-parallel group wait
/// for each other at every exchange, so a group is as slow as its slowest rank and all others are folded into that one.
/// Replicas meet once a step, when they sum gradients: of the replicas (groups of them, where they exchange tokens or
/// share gradients within passes) those count that no other one is at least as slow as on every stage, and the step
/// takes as long as with the worst of them. For one slow rank that is what the whole graph of all GPUs gives; for several
/// that are at different places of their groups it is an upper bound.
public struct RankSlowDowns: Hashable, Sendable {
  /// Factors by rank; ranks that are absent are as fast as the device's model says.
  public let factors: [Int: Double]

  /// Takes factors by rank.
  ///
  /// - Throws: ``ModelError`` for a factor that is not above 0 or not finite.
  public init(_ factors: [Int: Double]) throws(ModelError) {
    for (rank, factor) in factors.sorted(by: { $0.key < $1.key }) where !(factor > 0 && factor.isFinite) {
      throw .conflict(problem: "rank \(rank) is slowed down \(factor) times", remedy: "a number above 0 is expected")
    }
    self.factors = factors
  }

  /// No rank is slower than another.
  public static let none = RankSlowDowns(unchecked: [:])

  private init(unchecked factors: [Int: Double]) { self.factors = factors }

  /// The devices as slow as they are for each replica that counts; in updates all replicas wait for the slowest.
  ///
  /// - Throws: ``ModelError`` for a rank that the plan does not have.
  func applied(
    to devices: StageDevices, plan: ParallelPlan, options: StepOptions
  ) throws(ModelError) -> [StageDevices] {
    if factors.isEmpty { return [devices] }
    let (replicas, updates) = try folded(plan, options: options)
    return replicas.map { devices.slowed(passes: $0, updates: updates) }
  }

  /// The factors of the stages' passes for each replica that counts, and of the stages' updates.
  private func folded(
    _ plan: ParallelPlan, options: StepOptions
  ) throws(ModelError) -> (replicas: [[Double]], updates: [Double]) {
    for rank in factors.keys.sorted() where rank < 0 || rank >= plan.gpus {
      throw .conflict(problem: "there is no rank \(rank)", remedy: "0 to \(plan.gpus - 1) are expected")
    }
    let sharesGradients = options.dataSharding.rawValue >= StepOptions.DataSharding.gradients.rawValue
    // GPUs that exchange something in every pass wait for each other: a sequence's parts, and those that share experts.
    let grouped = max(plan.cp, (plan.ep * plan.etp - 1) / plan.tp + 1)
    let isEven = plan.replicas.isMultiple(of: grouped) && grouped.isMultiple(of: plan.cp)
    let together = sharesGradients && options.work == .training || !isEven ? plan.replicas : grouped
    var slow: [Int: [Double]] = [:]
    // A group without a slow rank is as fast as the model says; only the others are laid out.
    for group in Set(factors.keys.map { $0 / plan.tp % plan.replicas / together }) {
      slow[group] = (0..<plan.pp).map { stage in
        let first = plan.tp * (group * together + plan.replicas * stage)
        return (first..<first + plan.tp * together).reduce(0) { max($0, factors[$1] ?? 1) }
      }
    }
    var replicas = slow.sorted { $0.key < $1.key }.map(\.value)
    if slow.count < plan.replicas / together { replicas.append(Array(repeating: 1, count: plan.pp)) }
    let updates = (0..<plan.pp).map { stage in replicas.reduce(0) { max($0, $1[stage]) } }
    return (Self.undominated(replicas), updates)
  }

  /// Those of which no other one has factors at least as large throughout; of equal ones the first.
  private static func undominated(_ replicas: [[Double]]) -> [[Double]] {
    replicas.indices.filter { index in
      !replicas.indices.contains { other in
        other != index && zip(replicas[other], replicas[index]).allSatisfy { $0 >= $1 }
          && (replicas[other] != replicas[index] || other < index)
      }
    }
    .map { replicas[$0] }
  }
}
