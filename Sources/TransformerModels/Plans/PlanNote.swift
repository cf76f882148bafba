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
    case .balancedExperts(let count, let topK):
      "every one of \(count) experts is taken to get \(topK)/\(count) of the tokens, none dropped; an uneven spread takes "
        + "longer"
    }
  }
}
