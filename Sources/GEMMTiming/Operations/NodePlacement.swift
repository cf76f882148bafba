/// On which nodes the GPUs of an exchange are, where nodes are numbered as their GPUs' ranks are.
public struct NodePlacement: Hashable, Sendable {
  /// Over how many nodes the GPUs are spread: 1 means that everything stays on the links inside a node.
  public let nodes: Int
  /// How many nodes further the next GPU of the exchange is that is on another node: 1 where they follow one another.
  public let stride: Double
  /// How many nodes there are from the first to the last that exchange with one another this way.
  public let span: Int

  /// GPUs on so many nodes, which follow one another unless told otherwise.
  public init(nodes: Int, stride: Double = 1, span: Int? = nil) {
    self.nodes = nodes
    self.stride = stride
    self.span = span ?? nodes
  }

  /// A group of GPUs whose ranks are so far apart, the first of which begins a node.
  ///
  /// `members`, `ranks` and `gpusPerNode` are at least 1, and members · ranks is a number of GPUs that there are.
  public init(members: Int, apart ranks: Int, gpusPerNode: Int) {
    span = (members * ranks - 1) / gpusPerNode + 1
    nodes = min(members, span)
    stride = Double(span) / Double(nodes)
  }

  /// Two neighbours of the group.
  public var neighbours: NodePlacement { NodePlacement(nodes: min(nodes, 2), stride: stride, span: span) }
}
