public import GEMMTiming

/// How further shapes are chosen from what is measured so far.
public struct AdaptiveChoice: Sendable {
  /// What choosing comes to: the items to measure next, and the error that is expected over the candidates.
  public struct Selection: Sendable {
    /// What is to be measured next, whatever the order.
    public var items: [WorkItem]
    /// The mean relative error that the model expects of itself over the candidates.
    public var expectedError: Double

    /// Describes a choice.
    public init(items: [WorkItem], expectedError: Double) {
      self.items = items
      self.expectedError = expectedError
    }
  }

  /// Judges candidates, which come in an order that fills the space, by the table so far, and returns no more than `count`
  /// of them.
  public typealias Selector = @Sendable (_ table: TimingTable, _ candidates: [WorkItem], _ count: Int) -> Selection

  /// The share of the plan's GEMMs that is measured before the first choice.
  public var startingShare: Double
  /// The relative error at which choosing ends early; nil to go on until the plan's number of shapes is reached.
  public var targetError: Double?
  /// The model's judgement.
  public var choose: Selector

  /// Chooses by `choose` once `startingShare` of the plan is measured.
  public init(startingShare: Double, targetError: Double? = nil, choose: @escaping Selector) {
    self.startingShare = startingShare
    self.targetError = targetError
    self.choose = choose
  }
}
