/// What a stage does in one go: one pass of one micro-batch through one of its parts of the model.
public struct PipelineCell: Hashable, Sendable {
  /// The kind of pass.
  public enum Kind: UInt8, Sendable, CaseIterable {
    case forward
    /// Backward: both gradients, or by the input alone where the schedule splits them.
    case backward
    /// The weights' gradients, where the schedule splits them off.
    case weightGradient
    /// Once a step: exchange of gradients and the optimizer's step.
    case update
  }

  /// The kind of pass.
  public let kind: Kind
  /// The part of the model: parts are numbered along the model, and part p is on stage p mod pp.
  public let part: Int
  /// The micro-batch, counted from 0.
  public let microBatch: Int
}
