public import GEMMTiming

/// How the network between nodes is wired: which nodes share leaf switches, and what the spine above them carries.
///
/// GPU i of every node hangs on leaf switch i of its set of leaf switches, so that messages between GPUs of one place go
/// through a single switch. Those to nodes of another set cross the spine. A set's links into the spine carry what its
/// nodes send, divided by the oversubscription, and all its nodes exchange at the same time. Where the share c of what
/// they send leaves the set, everything takes max(1, c·oversubscription) times as long. Of a group of M nodes s apart,
/// of which d = max(1, railNodes/s) < M are in a set,
///
///     neighbours in a ring or tree, sends    c = 1/d
///     all-to-all                             c = (M − d)/(M − 1)
///
/// Assumed, not measured: nodes are numbered set by set; libraries pass messages to GPUs of another place over NVLink
/// first (NCCL's PXN), which hides behind the network; the spine's links are loaded evenly; its hops add no latency.
public struct NetworkFabric: Hashable, Sendable {
  /// Nodes on one set of leaf switches: a scalable unit.
  public let railNodes: Figure
  /// What a set's nodes can send over what its links into the spine carry: 1 where nothing is lost.
  public let spineOversubscription: Figure

  /// What an oversubscription can be.
  public static let oversubscriptions = 1.0...1000.0

  /// Describes a network.
  public init(railNodes: Figure, spineOversubscription: Figure) {
    self.railNodes = railNodes
    self.spineOversubscription = spineOversubscription
  }

  /// The share of what the group's nodes send to one another that crosses the spine, from 0 to 1.
  func crossingShare(_ kind: Communication.Kind, _ placement: NodePlacement) -> Double {
    guard placement.nodes > 1, Double(placement.span) > railNodes.value else { return 0 }
    let together = max(1, railNodes.value / placement.stride)
    let nodes = Double(placement.nodes)
    return kind == .allToAll ? max(0, nodes - together) / (nodes - 1) : 1 / together
  }

  /// How many times as long messages between nodes take as on a spine that carries everything, at least 1.
  func slowDown(_ kind: Communication.Kind, _ placement: NodePlacement) -> Double {
    max(1, crossingShare(kind, placement) * spineOversubscription.value)
  }
}

extension NetworkFabric {
  /// A sentence on what is taken of the network; nil where the spine carries everything.
  public var assumption: String? {
    guard spineOversubscription.value > 1 else { return nil }
    return "Network: \(Int(railNodes.value)) nodes share leaf switches (\(railNodes.source)), and the spine above them "
      + "carries 1/\(spineOversubscription.text) of what they send (\(spineOversubscription.source)). Assumed: nodes are "
      + "numbered by leaf switches, messages change rails over NVLink (PXN), the spine's links are loaded evenly, its hops "
      + "add no latency."
  }
}

extension Figure {
  /// The number, without a fraction where it is whole.
  fileprivate var text: String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
}
