/// An exchange of data between GPUs.
public struct Communication: Hashable, Sendable {
  /// What is exchanged.
  ///
  /// Names as in NCCL.
  public enum Kind: String, Sendable, CaseIterable {
    case allReduce = "all_reduce"
    case allGather = "all_gather"
    case reduceScatter = "reduce_scatter"
    case allToAll = "alltoall"
    case broadcast
    case sendReceive = "sendrecv"
  }

  /// What kind of exchange it is.
  public let kind: Kind
  /// The size of the whole message in bytes: the buffer that ends up reduced, gathered or received.
  public let bytes: Double
  /// How many GPUs take part (2 for a send).
  public let ranks: Int
  /// On which nodes they are.
  public let placement: NodePlacement

  /// Over how many nodes they are spread: 1 means that everything stays on the links inside a node.
  public var nodes: Int { placement.nodes }

  /// Describes an exchange of `bytes` among `ranks` GPUs on `nodes` nodes that follow one another.
  public init(_ kind: Kind, bytes: Double, ranks: Int, nodes: Int) {
    self.init(kind, bytes: bytes, ranks: ranks, placement: NodePlacement(nodes: nodes))
  }

  /// Describes an exchange of `bytes` among `ranks` GPUs.
  public init(_ kind: Kind, bytes: Double, ranks: Int, placement: NodePlacement) {
    self.kind = kind
    self.bytes = bytes
    self.ranks = ranks
    self.placement = placement
  }
}
