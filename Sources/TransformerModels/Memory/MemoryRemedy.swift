/// A way to make a plan fit: one or two changes, and what the worst stage needs with them.
public struct MemoryRemedy: Hashable, Sendable {
  /// One change to a plan or to its options.
  public enum Change: Hashable, Sendable {
    case microBatches(Int)
    case attention(StepOptions.Attention)
    case recomputation(StepOptions.Recomputation)
    case sequenceParallel
    case dataSharding(StepOptions.DataSharding)
  }

  /// The changes, to be made together.
  public let changes: [Change]
  /// What the worst stage needs with them.
  public let worst: MemoryEstimate

  /// A plan and its options with the changes made.
  ///
  /// - Throws: ``ModelError`` when the plan does not allow them.
  public func applied(
    to plan: ParallelPlan, options: StepOptions
  ) throws(ModelError) -> (plan: ParallelPlan, options: StepOptions) {
    var (plan, options) = (plan, options)
    for change in changes {
      if case .microBatches(let count) = change { plan = try plan.with(microBatches: count) }
      change.apply(to: &options)
    }
    return (plan, options)
  }

  /// Tries every single change, and every pair when none is enough.
  static func search(
    model: ModelConfiguration, plan: ParallelPlan, options: StepOptions, capacity: Double
  ) -> [MemoryRemedy] {
    func tried(_ changes: [Change?]) -> MemoryRemedy? {
      var options = options
      for case let change? in changes { change.apply(to: &options) }
      guard changes.contains(nil) else {
        guard let worst = try? MemoryEstimate.worst(model: model, plan: plan, options: options),
          worst.total <= capacity
        else { return nil }
        return MemoryRemedy(changes: changes.compactMap { $0 }, worst: worst)
      }
      // The absent change stands for as few micro-batches as fit with the others.
      return MemoryVerdict.smallestFit(model: model, plan: plan, options: options, capacity: capacity).map {
        MemoryRemedy(changes: changes.compactMap { $0 } + [.microBatches($0.microBatches)], worst: $0.worst)
      }
    }
    let candidates: [Change?] = [nil] + Change.candidates(for: plan, options: options)
    let single = candidates.compactMap { tried([$0]) }
    if !single.isEmpty { return single }
    return candidates.indices.flatMap { first in
      candidates[(first + 1)...].compactMap { tried([$0, candidates[first]]) }
    }
  }
}

extension MemoryRemedy.Change {
  /// The changes beside the micro-batches that would alter anything.
  fileprivate static func candidates(for plan: ParallelPlan, options: StepOptions) -> [Self] {
    var candidates: [Self] = []
    if options.attention == .unfused { candidates.append(.attention(.fused)) }
    if !options.sequenceParallel, plan.tp > 1 { candidates.append(.sequenceParallel) }
    guard options.work == .training else { return candidates }
    if options.recomputation == .none, options.attention == .unfused { candidates.append(.recomputation(.selective)) }
    if options.recomputation != .full { candidates.append(.recomputation(.full)) }
    if plan.dp > 1 {
      candidates += StepOptions.DataSharding.allCases.filter { $0.rawValue > options.dataSharding.rawValue }
        .map { .dataSharding($0) }
    }
    return candidates
  }

  fileprivate func apply(to options: inout StepOptions) {
    switch self {
    case .microBatches: break
    case .attention(let attention): options.attention = attention
    case .recomputation(let recomputation): options.recomputation = recomputation
    case .sequenceParallel: options.sequenceParallel = true
    case .dataSharding(let sharding): options.dataSharding = sharding
    }
  }
}

extension MemoryRemedy.Change: CustomStringConvertible {
  /// A few words for people.
  public var description: String {
    switch self {
    case .microBatches(let count): "\(count) micro-batches"
    case .attention(let attention): "\(attention.rawValue) attention"
    case .recomputation(let recomputation): "\(recomputation.rawValue) recomputation"
    case .sequenceParallel: "sequence parallelism"
    case .dataSharding(let sharding): "ZeRO-\(sharding.rawValue)"
    }
  }
}
