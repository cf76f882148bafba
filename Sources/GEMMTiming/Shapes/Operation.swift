/// One unit of work of a GPU or of the links between GPUs: what a time model is asked about.
public enum Operation: Hashable, Sendable {
  /// A matrix multiplication.
  case gemm(GEMMShape, DataType)
  /// A pass over memory that does next to no arithmetic: norm, softmax, activation, residual.
  case memory(MemoryTraffic)
  /// An exchange between GPUs.
  case communication(Communication)
  /// Bookkeeping that moves nothing: views, splits, gathers within a GPU.
  case none
}

/// Bytes that a memory-bound kernel reads and writes in device memory.
public struct MemoryTraffic: Hashable, Sendable {
  /// Bytes read.
  public let read: Double
  /// Bytes written.
  public let written: Double

  /// Traffic of a kernel, in bytes.
  public init(read: Double, written: Double) {
    self.read = read
    self.written = written
  }

  /// Bytes in both directions.
  public var bytes: Double { read + written }
}

/// An exchange of data between GPUs.
public struct Communication: Hashable, Sendable {
  /// What is exchanged. Names as in NCCL.
  public enum Kind: String, Sendable, CaseIterable {
    case allReduce = "all_reduce"
    case allGather = "all_gather"
    case reduceScatter = "reduce_scatter"
    case allToAll = "alltoall"
    case broadcast
    case sendReceive = "sendrecv"
  }

  public let kind: Kind
  /// The size of the whole message in bytes: the buffer that ends up reduced, gathered or received.
  public let bytes: Double
  /// How many GPUs take part (2 for a send).
  public let ranks: Int
  /// Over how many nodes they are spread: 1 means that everything stays on the links inside a node.
  public let nodes: Int

  /// Describes an exchange of `bytes` among `ranks` GPUs on `nodes` nodes.
  public init(_ kind: Kind, bytes: Double, ranks: Int, nodes: Int) {
    self.kind = kind
    self.bytes = bytes
    self.ranks = ranks
    self.nodes = nodes
  }
}
