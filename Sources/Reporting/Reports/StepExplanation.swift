public import GEMMTiming
internal import TaskGraphs
public import TransformerModels

/// What decides how long a step takes, how sure that is, and what would change it: every answer by solving again.
public struct StepExplanation: Sendable {
  /// What a user wants to know of a step besides.
  public struct Questions: Sendable {
    /// Operations, and what their time is multiplied by.
    public var whatIfs: [(role: OperationRole, factor: Double)]
    /// What each stage's computation is multiplied by; stages beyond the end are as fast as they were.
    public var slowDowns: [Double]
    /// What the computation of single GPUs is multiplied by, by rank: tp runs fastest, then dp, then pp.
    public var rankSlowDowns: [Int: Double]
    /// Decides the random draws.
    public var seed: UInt64

    /// Questions; none unless told otherwise.
    public init(
      whatIfs: [(role: OperationRole, factor: Double)] = [], slowDowns: [Double] = [],
      rankSlowDowns: [Int: Double] = [:], seed: UInt64 = 1
    ) {
      (self.whatIfs, self.slowDowns, self.rankSlowDowns, self.seed) = (whatIfs, slowDowns, rankSlowDowns, seed)
    }
  }

  /// A question with the step's makespan as it would be then.
  public struct Answer: Hashable, Sendable {
    /// What was changed.
    public let change: String
    /// The makespan then, in seconds.
    public let makespan: Double
    /// Seconds that the step gets shorter; negative when it gets longer.
    public let saved: Double
  }

  /// A way to make the step fit, and how long the step takes then.
  public struct PricedRemedy: Sendable {
    /// The changes, and what the worst stage needs with them.
    public let remedy: MemoryRemedy
    /// The makespan with them in seconds; nil where the step is too long to be laid out once more for each.
    public let makespan: Double?
  }

  /// How sure the forecast is.
  public let uncertainty: StepUncertainty
  /// How much each kind of operation could be delayed.
  public let slack: [OperationSlack]
  /// What each operation would bring if it took 10 % less, the largest saving first.
  public let whatIfs: [WhatIf]
  /// The answers to what was asked, one by one, then all together where there are several.
  public let answers: [Answer]
  /// What the makespan goes to on each stage.
  public let stages: [Expenses]
  /// The makespan in seconds if exchanges took no time.
  public let withFreeCommunication: Double
  /// The makespan in seconds if no stage ever waited for another.
  public let withoutBubble: Double
  /// The memory of one GPU of each stage over time.
  public let memory: [MemoryTimeline]
  /// What would make the step fit, the fewest changes and of those the fastest first; empty when it fits.
  public let remedies: [PricedRemedy]

  /// What operations are taken to need of their time in ``whatIfs``.
  public static let factor = 0.9

  /// Explains a step.
  ///
  /// O(nodes · (draws + roles)); the draws become fewer as steps become longer, from 200 down to 20.
  ///
  /// - Parameters:
  ///   - estimate: the step's forecast.
  ///   - verdict: whether it fits, and what would.
  ///   - questions: what is asked besides.
  ///   - device: what answers Get_Time.
  /// - Throws: `ModelError` for factors that no time can have.
  public init(
    _ estimate: StepEstimate, memory verdict: MemoryVerdict, questions: Questions = Questions(),
    device: any GEMMTimeModel
  ) throws(ModelError) {
    let draws = min(200, max(20, Self.drawnNodes / max(1, estimate.step.nodeCount)))
    uncertainty = try StepUncertainty(estimate, draws: draws, seed: questions.seed)
    slack = estimate.slack
    whatIfs = try estimate.rankedWhatIfs(factor: Self.factor)
    answers = try Self.answers(questions, estimate, device: device)
    stages = estimate.stageExpenses
    withFreeCommunication = try estimate.makespanWithFreeCommunication()
    withoutBubble = estimate.makespanWithoutBubble
    var timelines: [MemoryTimeline] = []
    for stage in 0..<estimate.plan.pp { timelines.append(try MemoryTimeline(estimate, stage: stage)) }
    memory = timelines
    remedies = Self.priced(verdict.remedies, estimate, device: device)
  }

  /// Nodes that are drawn in all, more or less.
  private static let drawnNodes = 20_000_000
  /// Steps of more nodes than this are not laid out again for each remedy.
  private static let largestRemedy = 1_000_000

  private static func answers(
    _ questions: Questions, _ estimate: StepEstimate, device: any GEMMTimeModel
  ) throws(ModelError) -> [Answer] {
    var answers: [Answer] = []
    var together: [OperationRole: Double] = [:]
    func answer(_ change: String, _ makespan: Double) {
      answers.append(Answer(change: change, makespan: makespan, saved: estimate.schedule.makespan - makespan))
    }
    func slowed(_ ranks: [Int: Double]) throws(ModelError) -> StepEstimate {
      try StepEstimate(
        model: estimate.model, plan: estimate.plan, options: estimate.options, devices: StageDevices(device),
        slowDowns: RankSlowDowns(ranks))
    }
    for (role, factor) in questions.whatIfs {
      answer("\(role.rawValue) × \(Self.text(factor))", try estimate.makespan(scaling: [role: factor]))
      together[role, default: 1] *= factor
    }
    for (stage, factor) in questions.slowDowns.enumerated() where factor != 1 {
      var slowDowns = Array(repeating: 1.0, count: stage + 1)
      slowDowns[stage] = factor
      answer("computation of stage \(stage) × \(Self.text(factor))", try estimate.makespan(slowDown: slowDowns))
    }
    for (rank, factor) in questions.rankSlowDowns.sorted(by: { $0.key < $1.key }) {
      answer("computation of rank \(rank) × \(Self.text(factor))", try slowed([rank: factor]).schedule.makespan)
    }
    if answers.count > 1 {
      let all = questions.rankSlowDowns.isEmpty ? estimate : try slowed(questions.rankSlowDowns)
      answer("all together", try all.makespan(scaling: together, slowDown: questions.slowDowns))
    }
    return answers
  }

  /// A factor as it was given.
  private static func text(_ factor: Double) -> String { Int(exactly: factor).map(String.init) ?? "\(factor)" }

  private static func priced(
    _ remedies: [MemoryRemedy], _ estimate: StepEstimate, device: any GEMMTimeModel
  ) -> [PricedRemedy] {
    remedies.map { remedy -> PricedRemedy in
      guard let (plan, options) = try? remedy.applied(to: estimate.plan, options: estimate.options),
        estimate.step.nodeCount / estimate.plan.microBatches * plan.microBatches <= largestRemedy,
        let step = try? StepGraph(model: estimate.model, plan: plan, options: options, timeModel: device)
      else { return PricedRemedy(remedy: remedy, makespan: nil) }
      return PricedRemedy(remedy: remedy, makespan: CriticalPath.length(of: step.graph))
    }
    .enumerated()
    .sorted { (left, right) in
      let (a, b) = (left.element, right.element)
      if a.remedy.changes.count != b.remedy.changes.count { return a.remedy.changes.count < b.remedy.changes.count }
      return (a.makespan ?? .infinity, left.offset) < (b.makespan ?? .infinity, right.offset)
    }
    .map(\.element)
  }
}

extension RuntimeReport {
  /// Adds what decides the step, how sure that is, what would help, and memory over time.
  ///
  /// - Throws: `ModelError` for factors that no time can have.
  public mutating func explain(
    _ questions: StepExplanation.Questions = .init(), device: any GEMMTimeModel
  ) throws(ModelError) {
    explanation = try StepExplanation(estimate, memory: memory, questions: questions, device: device)
  }
}
