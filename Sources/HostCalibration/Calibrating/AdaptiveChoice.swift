public import GEMMTiming

/// How further shapes are chosen from what is measured so far.
public struct AdaptiveChoice: Sendable {
  /// What choosing comes to: the items to measure next, and the error that is expected over the candidates.
  public struct Ranking: Sendable {
    /// The most useful first.
    public var items: [WorkItem]
    /// The mean relative error that the model expects of itself over the candidates.
    public var expectedError: Double

    /// Describes a choice.
    public init(items: [WorkItem], expectedError: Double) {
      self.items = items
      self.expectedError = expectedError
    }
  }

  /// Ranks candidates by the table so far, and returns no more than `count` of them.
  public typealias Ranker = @Sendable (_ table: TimingTable, _ candidates: [WorkItem], _ count: Int) -> Ranking

  /// The share of the plan's GEMMs that is measured before the first choice.
  public var startingShare: Double
  /// The relative error at which choosing ends early; nil to go on until the plan's number of shapes is reached.
  public var targetError: Double?
  /// The model's judgement.
  public var choose: Ranker

  /// Chooses by `choose` once `startingShare` of the plan is measured.
  public init(startingShare: Double, targetError: Double? = nil, choose: @escaping Ranker) {
    self.startingShare = startingShare
    self.targetError = targetError
    self.choose = choose
  }
}
