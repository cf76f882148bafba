public import GEMMTiming

/// Something about a plan that is legal and that its user should know.
public enum PlanNote: Hashable, Sendable {
  /// The stages do not all have the same number of layers; the counts of the fullest and the emptiest.
  case unevenStages(fullest: Int, emptiest: Int)
  /// Every rank of a group holds the same key-value head, because there are fewer of them than ranks.
  case replicatedKeyValueHeads(tp: Int, keyValueHeads: Int)
  /// The sequence is longer than the model was made for.
  case sequenceBeyondModel(sequence: Int, maximumPositions: Int)
  /// Fewer micro-batches than stages: some stage always waits.
  case fewMicroBatches(microBatches: Int, stages: Int)
  /// A tensor-parallel group spans nodes, so that its all-reduces leave the fast links.
  case tensorParallelAcrossNodes(tp: Int, gpusPerNode: Int)
  /// Every expert is taken to get its even share of the tokens.
  case balancedExperts(count: Int, topK: Int)
  /// What the model's file says that the forecast leaves out.
  case model(ModelNote)
  /// Scores are in device memory, which most programs of today avoid.
  case unfusedAttention
  /// The busiest expert rank gets more than the mean.
  case unevenExperts(imbalance: Double)
  /// Not every expert is visited by the tokens that reach it together.
  case distinctExperts(expected: Double, count: Int, tokens: Int)
  /// Few measured training steps in this element type were there to check forecasts with.
  case sparselyCheckedTraining(DataType)
  /// Backward passes are not split, because that would take longer.
  case wholeBackwardPasses
}

extension PlanNote: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .unevenStages(let fullest, let emptiest):
      "stages have unequal numbers of layers: \(fullest) on the fullest stage, \(emptiest) on the emptiest"
    case .replicatedKeyValueHeads(let tp, let keyValueHeads):
      "\(keyValueHeads) key-value heads are repeated over \(tp) ranks: \(tp / keyValueHeads) ranks hold each of them"
    case .sequenceBeyondModel(let sequence, let maximum):
      "sequence \(sequence) is longer than the \(maximum) positions that the model was made for"
    case .fewMicroBatches(let microBatches, let stages):
      "\(microBatches) micro-batch\(microBatches == 1 ? "" : "es") cannot keep \(stages) stages busy at once"
    case .tensorParallelAcrossNodes(let tp, let gpusPerNode):
      "tp \(tp) spans nodes of \(gpusPerNode) GPUs: its all-reduces leave the links inside a node"
    case .wholeBackwardPasses:
      "splitting the backward passes would take longer, as it lays bare exchanges that run beside the weights' gradients:"
        + " they stay whole, as in 1F1B"
    case .model(let note): note.description
    case .unfusedAttention:
      "attention is unfused: its scores go through device memory; --attention fused is one kernel, as most programs run it"
    case .sparselyCheckedTraining(let type):
      "few measured steps trained in \(type.rawValue) were there to check forecasts with, and errors on them are larger "
        + "than intervals say"
    case .unevenExperts(let imbalance):
      "the busiest experts are taken to get \(Self.rounded(imbalance)) times the mean of the tokens, none dropped"
    case .distinctExperts(let expected, let count, let tokens):
      "\(tokens) token\(tokens == 1 ? "" : "s") of a micro-batch \(tokens == 1 ? "is" : "are") expected to visit "
        + "\(Self.rounded(expected)) of \(count) experts: only those are read; products are shown for the nearest whole "
        + "number on a GPU, their time is of the expectation"
    case .balancedExperts(let count, let topK):
      "every one of \(count) experts is taken to get \(topK)/\(count) of the tokens, none dropped; an uneven spread takes "
        + "longer"
    }
  }

  /// A number with at most two decimals, and none where it is whole.
  private static func rounded(_ value: Double) -> String {
    let hundredths = (value * 100).rounded()
    let whole = Int(hundredths / 100), rest = Int(hundredths) % 100
    return rest == 0 ? "\(whole)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }
}
